import { createHmac } from 'node:crypto'
import { asked, json, naming, type OptionsOf, paragraphs, type Samples } from '../common/sample.ts'
import type { github as source } from './adapter.ts'

type Type = keyof typeof actions
const actions = { 'task.done': 'closed', 'task.reopened': 'reopened', 'text.edited': 'edited', 'link.added': 'opened' }

/** An issue of a member's, whose text refers to the chat message; the object is `owner/repository#number`. */
export const github: Samples<OptionsOf<typeof source>, Type> = {
  types: ['task.done', 'task.reopened', 'text.edited', 'link.added'],

  needs: (type, { references }) =>
    type === 'link.added' && references === 'none' ? { references: 'members' } : undefined,

  write(event, { options, secret }) {
    const { id: eventId, type, occurredAt, actor = 'octocat', object = 'club/office#1', text } = event
    const [, full_name, number] = /^([^#]+)#(\d+)$/.exec(object) ?? []
    if (full_name === undefined) return '--object: expected owner/repository#number'
    const { reference, path } = naming(event, options.references !== 'none')
    const body = JSON.stringify({
      action: actions[type],
      issue: {
        number: Number(number),
        title: asked,
        body: paragraphs(text, reference),
        author_association: 'MEMBER',
        updated_at: occurredAt,
      },
      repository: { full_name },
      sender: { login: actor },
    })
    const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
    const headers = { 'x-github-event': 'issues', 'x-github-delivery': eventId, 'x-hub-signature-256': signature }
    return { eventId, headers: { ...json, ...headers }, body, path }
  },
}
