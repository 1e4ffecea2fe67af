import { loadEmojis, shortNameOf } from '../common/emoji.ts'
import { hmacHeaders, standardWebhooksScheme } from '../common/hmac.ts'
import {
  defaultText,
  jsonSample,
  naming,
  needsReferences,
  type OptionsOf,
  paragraphs,
  type Samples,
} from '../common/sample.ts'
import type { gitlab } from './adapter.ts'

type Type = 'task.done' | 'task.reopened' | 'reaction.added' | 'reaction.removed' | 'text.edited' | 'link.added'

/**
 * An event of an issue (the object is `group/project#number`) or of a merge request (`group/project!number`). Unless the
 * option `references` lets its text refer to the chat message, that stands in the URL.
 */
export const sample: Samples<OptionsOf<typeof gitlab>, Type> = {
  types: ['task.done', 'task.reopened', 'reaction.added', 'reaction.removed', 'text.edited', 'link.added'],
  needs: needsReferences,
  ready: loadEmojis,

  write(event, { options, secret, now }) {
    const { id, type, occurredAt, actor: username = 'root', emoji = '👍' } = event
    const [, path_with_namespace, sign, number] = /^([^#!]+)([#!])(\d+)$/.exec(event.object ?? 'club/office#1') ?? []
    if (path_with_namespace === undefined) return '--object: expected group/project#number, or !number'
    const { reference, path } = naming(event, options.references === 'everyone')
    const description = paragraphs(event.text, reference)
    const thing = { iid: Number(number), title: defaultText, description }
    const isIssue = sign === '#'
    const [kind, awardable_type] = isIssue ? ['issue', 'Issue'] : ['merge_request', 'MergeRequest']
    const updated_at = occurredAt.replace('T', ' ').replace('Z', ' UTC')
    const changed = (action: string, changes = {}) => ({
      object_kind: kind,
      event_type: kind,
      object_attributes: { ...thing, action, updated_at },
      changes,
    })
    const reacted = (action: string) => ({
      object_kind: 'emoji',
      event_type: action,
      object_attributes: { name: shortNameOf(emoji) ?? emoji, awardable_type, action, updated_at },
      [kind]: thing,
    })
    const payloads: Record<Type, () => object> = {
      'task.done': () => changed(isIssue ? 'close' : 'merge'),
      'task.reopened': () => changed('reopen'),
      'text.edited': () => changed('update', { description: { previous: '', current: description } }),
      'link.added': () => changed('open'),
      'reaction.added': () => reacted('award'),
      'reaction.removed': () => reacted('revoke'),
    }
    const payload = { user: { username }, project: { path_with_namespace }, ...payloads[type]() }
    const isSigned = options.authentication === 'signature'
    const proof = (body: string) =>
      isSigned ? hmacHeaders(body, standardWebhooksScheme, { secret, now, id }) : { 'x-gitlab-token': secret }
    return jsonSample(payload, id, proof, { path, headers: { 'idempotency-key': id } })
  },
}
