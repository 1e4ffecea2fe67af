import {
  defaultText,
  hmacProof,
  jsonSample,
  naming,
  needsReferences,
  type OptionsOf,
  paragraphs,
  type Samples,
} from '../common/sample.ts'
import { type github, scheme } from './adapter.ts'

type Type = keyof typeof actions
const actions = { 'task.done': 'closed', 'task.reopened': 'reopened', 'text.edited': 'edited', 'link.added': 'opened' }

/** A member's issue, whose text refers to the chat message; the object is `owner/repository#number`. */
export const sample: Samples<OptionsOf<typeof github>, Type> = {
  types: Object.keys(actions) as Type[],
  needs: (type, options) => needsReferences(type, options, 'members'),

  write(event, { options, ...sender }) {
    const { id, type, occurredAt, actor = 'octocat', object = 'club/office#1', text } = event
    const [, full_name, number] = /^([^#]+)#(\d+)$/.exec(object) ?? []
    if (full_name === undefined) return '--object: expected owner/repository#number'
    const { reference, path } = naming(event, options.references !== 'none')
    const issue = {
      number: Number(number),
      title: defaultText,
      body: paragraphs(text, reference),
      author_association: 'MEMBER',
      updated_at: occurredAt,
    }
    const payload = { action: actions[type], issue, repository: { full_name }, sender: { login: actor } }
    return jsonSample(payload, id, hmacProof(scheme, sender, id), { path, headers: { 'x-github-event': 'issues' } })
  },
}
