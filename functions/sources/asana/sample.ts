import { hmacProof, jsonSample, naming, type OptionsOf, type Samples } from '../common/sample.ts'
import { type asana, scheme } from './adapter.ts'

type Type = 'task.done' | 'task.reopened'

/** The story of a task; the object is the task's id. It carries ids only, so the chat message stands in the URL. */
export const sample: Samples<OptionsOf<typeof asana>, Type> = {
  types: ['task.done', 'task.reopened'],

  write(event, sender) {
    const { id, type, occurredAt, actor = '1199946', object = '1204512' } = event
    const subtype = type === 'task.done' ? 'marked_complete' : 'marked_incomplete'
    const story = {
      user: { gid: actor, resource_type: 'user' },
      created_at: occurredAt,
      action: 'added',
      resource: { gid: id, resource_type: 'story', resource_subtype: subtype },
      parent: { gid: object, resource_type: 'task' },
    }
    return jsonSample({ events: [story] }, id, hmacProof(scheme, sender, id), naming(event, false))
  },
}
