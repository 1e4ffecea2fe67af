import { boundedId } from '../common/event-id.ts'
import { json, type OptionsOf, type Samples } from '../common/sample.ts'
import { genericHeaders } from '../generic/sample.ts'
import type { cloudevents as source } from './adapter.ts'

/** Our own event in the envelope of CloudEvents 1.0, with the chat message as its subject. */
export const cloudevents: Samples<OptionsOf<typeof source>> = {
  types: 'any',
  write(event, sender) {
    const { id, type, messageId: subject, occurredAt: time, ...data } = event
    const from = '/send'
    const body = JSON.stringify({ specversion: '1.0', id, source: from, type, ...(subject && { subject }), time, data })
    const eventId = boundedId(`${from} ${id}`)
    return { eventId, headers: { ...json, ...genericHeaders(body, id, sender) }, body, path: '' }
  },
}
