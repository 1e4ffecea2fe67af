import { loadEmojis, shortNameOf } from '../common/emoji.ts'
import { asked, json, naming, type OptionsOf, paragraphs, type Samples } from '../common/sample.ts'
import { standardWebhooksHeaders } from '../standard-webhooks/sample.ts'
import type { gitlab as source } from './adapter.ts'

type Type = 'task.done' | 'task.reopened' | 'reaction.added' | 'reaction.removed' | 'text.edited' | 'link.added'

/**
 * An event of an issue (the object is `group/project#number`) or of a merge request (`group/project!number`). Unless the
 * option `references` lets its text refer to the chat message, that stands in the URL.
 */
export const gitlab: Samples<OptionsOf<typeof source>, Type> = {
  types: ['task.done', 'task.reopened', 'reaction.added', 'reaction.removed', 'text.edited', 'link.added'],

  needs: (type, { references }) =>
    type === 'link.added' && references === 'none' ? { references: 'everyone' } : undefined,

  ready: loadEmojis,

  write(event, { options, secret, now }) {
    const { id: eventId, type, occurredAt, actor: username = 'root', emoji = '👍' } = event
    const [, path_with_namespace, sign, number] = /^([^#!]+)([#!])(\d+)$/.exec(event.object ?? 'club/office#1') ?? []
    if (path_with_namespace === undefined) return '--object: expected group/project#number, or !number'
    const { reference, path } = naming(event, options.references === 'everyone')
    const description = paragraphs(event.text, reference)
    const thing = { iid: Number(number), title: asked, description }
    const isIssue = sign === '#'
    const updated_at = occurredAt.replace('T', ' ').replace('Z', ' UTC')
    const common = { user: { username }, project: { path_with_namespace } }
    const changed = (action: string, rest = {}) => {
      const kind = isIssue ? 'issue' : 'merge_request'
      return {
        ...common,
        object_kind: kind,
        event_type: kind,
        object_attributes: { ...thing, action, updated_at },
        ...rest,
      }
    }
    const emojied = (action: string) => {
      const awardable_type = isIssue ? 'Issue' : 'MergeRequest'
      const object_attributes = { name: shortNameOf(emoji) ?? emoji, awardable_type, action, updated_at }
      const awarded = isIssue ? { issue: thing } : { merge_request: thing }
      return { ...common, object_kind: 'emoji', event_type: action, object_attributes, ...awarded }
    }
    const payloads: Record<Type, () => object> = {
      'task.done': () => changed(isIssue ? 'close' : 'merge'),
      'task.reopened': () => changed('reopen'),
      'text.edited': () => changed('update', { changes: { description: { previous: '', current: description } } }),
      'link.added': () => changed('open'),
      'reaction.added': () => emojied('award'),
      'reaction.removed': () => emojied('revoke'),
    }
    const body = JSON.stringify(payloads[type]())
    const proof =
      options.authentication === 'signature'
        ? standardWebhooksHeaders(body, eventId, { secret, now })
        : { 'x-gitlab-token': secret }
    return { eventId, headers: { ...json, 'idempotency-key': eventId, ...proof }, body, path }
  },
}
