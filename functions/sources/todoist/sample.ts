import {
  defaultText,
  hmacProof,
  idOf,
  jsonSample,
  naming,
  needsReferences,
  type OptionsOf,
  type Samples,
} from '../common/sample.ts'
import { scheme, type todoist } from './adapter.ts'

type Type = keyof typeof names
const names = {
  'task.done': 'item:completed',
  'task.reopened': 'item:uncompleted',
  'text.edited': 'item:updated',
  'attachment.added': 'note:added',
  'attachment.removed': 'note:deleted',
  'link.added': 'item:added',
}

/**
 * An event of a task; the object is its id, and its description refers to the chat message. Files are in comments; the event
 * of a deleted one refers to nothing, so there the chat message stands in the URL.
 */
export const sample: Samples<OptionsOf<typeof todoist>, Type> = {
  types: Object.keys(names) as Type[],
  needs: needsReferences,

  write(event, { options, ...sender }) {
    const { id, type, occurredAt: triggered_at, actor: user_id = '2671355' } = event
    const { reference, path } = naming(event, options.references !== 'none' && type !== 'attachment.removed')
    const { filename: file_name = 'note.pdf' } = event.attachment ?? {}
    const content = event.text ?? defaultText
    const task = { id: event.object ?? '6XR4GqQQCW6Gv9h4', content, description: reference }
    const comment = { id: idOf(file_name), item_id: task.id, item: task, file_attachment: { file_name } }
    const payload = {
      event_name: names[type],
      user_id,
      initiator: { id: user_id },
      triggered_at,
      event_data: type.startsWith('attachment') ? comment : task,
      ...(type === 'text.edited' && { event_data_extra: { old_item: { ...task, content: '' } } }),
    }
    return jsonSample(payload, id, hmacProof(scheme, sender, id), { path })
  },
}
