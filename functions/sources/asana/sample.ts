import { createHmac } from 'node:crypto'
import { json, naming, type OptionsOf, type Samples } from '../common/sample.ts'
import type { asana as source } from './adapter.ts'

type Type = 'task.done' | 'task.reopened'

/** The story of a task, whose id is the object. It carries ids only, so the chat message stands in the URL. */
export const asana: Samples<OptionsOf<typeof source>, Type> = {
  types: ['task.done', 'task.reopened'],

  write(event, { secret }) {
    const { id, type, occurredAt, actor = '1199946', object = '1204512' } = event
    const subtype = type === 'task.done' ? 'marked_complete' : 'marked_incomplete'
    const story = {
      user: { gid: actor, resource_type: 'user' },
      created_at: occurredAt,
      action: 'added',
      resource: { gid: id, resource_type: 'story', resource_subtype: subtype },
      parent: { gid: object, resource_type: 'task' },
    }
    const body = JSON.stringify({ events: [story] })
    const signature = createHmac('sha256', secret).update(body).digest('hex')
    return { eventId: id, headers: { ...json, 'x-hook-signature': signature }, body, path: naming(event, false).path }
  },
}
