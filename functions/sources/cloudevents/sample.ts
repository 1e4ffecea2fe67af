import { boundedId } from '../common/event-id.ts'
import { jsonSample, type OptionsOf, type Samples } from '../common/sample.ts'
import { genericProof } from '../generic/sample.ts'
import type { cloudevents } from './adapter.ts'

/** Our own event in a CloudEvents 1.0 envelope, with the chat message as its subject. */
export const sample: Samples<OptionsOf<typeof cloudevents>> = {
  types: 'any',
  write(event, sender) {
    const { id, type, messageId: subject, occurredAt: time, ...data } = event
    const source = '/send'
    const envelope = { specversion: '1.0', id, source, type, ...(subject && { subject }), time, data }
    return jsonSample(envelope, boundedId(`${source} ${id}`), (body) => genericProof(body, id, sender))
  },
}
