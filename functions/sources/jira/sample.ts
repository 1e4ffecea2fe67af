import {
  defaultText,
  hmacProof,
  idOf,
  jsonSample,
  naming,
  needsReferences,
  type OptionsOf,
  paragraphs,
  type Samples,
} from '../common/sample.ts'
import { type jira, scheme } from './adapter.ts'

type Type = 'task.done' | 'task.reopened' | 'text.edited' | 'attachment.added' | 'attachment.removed' | 'link.added'

/** A change of an issue, as Jira Cloud sends it; the object is the issue's key, and its description refers to the chat message. */
export const sample: Samples<OptionsOf<typeof jira>, Type> = {
  types: ['task.done', 'task.reopened', 'text.edited', 'attachment.added', 'attachment.removed', 'link.added'],
  needs: needsReferences,

  write(event, { options, ...sender }) {
    const { id, type, occurredAt, actor: accountId = '5b10a2844c20165700ede21g', object: key = 'CLUB-1' } = event
    const { reference, path } = naming(event, options.references !== 'none')
    const { filename = 'note.pdf' } = event.attachment ?? {}
    const file = { id: String(Number.parseInt(idOf(filename).slice(0, 8), 16)), filename }
    const items: Record<Type, object[]> = {
      'task.done': [
        { field: 'resolution', from: null, fromString: null, to: '10000', toString: 'Done' },
        { field: 'status', from: '1', fromString: 'To Do', to: '2', toString: 'Done' },
      ],
      'task.reopened': [
        { field: 'resolution', from: '10000', fromString: 'Done', to: null, toString: null },
        { field: 'status', from: '2', fromString: 'Done', to: '1', toString: 'To Do' },
      ],
      'text.edited': [{ field: 'description', from: null, fromString: '', to: null, toString: event.text ?? '' }],
      'attachment.added': [{ field: 'Attachment', from: null, fromString: null, to: file.id, toString: filename }],
      'attachment.removed': [{ field: 'Attachment', from: file.id, fromString: filename, to: null, toString: null }],
      'link.added': [],
    }
    const fields = {
      summary: defaultText,
      description: paragraphs(event.text, reference),
      status: { statusCategory: { key: type === 'task.done' ? 'done' : 'new' } },
      attachment: type === 'attachment.added' ? [file] : [],
    }
    const payload = {
      timestamp: Date.parse(occurredAt),
      webhookEvent: type === 'link.added' ? 'jira:issue_created' : 'jira:issue_updated',
      user: { accountId },
      issue: { key, fields },
      changelog: { items: items[type] },
    }
    return jsonSample(payload, id, hmacProof(scheme, sender, id), { path })
  },
}
