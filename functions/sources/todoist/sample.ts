import { createHmac } from 'node:crypto'
import { asked, idOf, json, naming, type OptionsOf, type Samples } from '../common/sample.ts'
import type { todoist as source } from './adapter.ts'

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
 * An event of a task, whose id is the object, and whose description refers to the chat message. Files are in comments; one
 * that is gone refers to nothing any more, so there it stands in the URL.
 */
export const todoist: Samples<OptionsOf<typeof source>, Type> = {
  types: ['task.done', 'task.reopened', 'text.edited', 'attachment.added', 'attachment.removed', 'link.added'],

  needs: (type, { references }) =>
    type === 'link.added' && references === 'none' ? { references: 'everyone' } : undefined,

  write(event, { options, secret }) {
    const { id: eventId, type, occurredAt: triggered_at, actor: user_id = '2671355' } = event
    const { reference, path } = naming(event, options.references !== 'none' && type !== 'attachment.removed')
    const { filename: file_name = 'note.pdf' } = event.attachment ?? {}
    const content = event.text ?? asked
    const task = { id: event.object ?? '6XR4GqQQCW6Gv9h4', content, description: reference }
    const comment = { id: idOf(file_name), item_id: task.id, item: task, file_attachment: { file_name } }
    const body = JSON.stringify({
      event_name: names[type],
      user_id,
      initiator: { id: user_id },
      triggered_at,
      event_data: type.startsWith('attachment') ? comment : task,
      ...(type === 'text.edited' && { event_data_extra: { old_item: { ...task, content: '' } } }),
    })
    const signature = createHmac('sha256', secret).update(body).digest('base64')
    const headers = { 'x-todoist-delivery-id': eventId, 'x-todoist-hmac-sha256': signature }
    return { eventId, headers: { ...json, ...headers }, body, path }
  },
}
