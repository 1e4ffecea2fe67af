import { standardWebhooksScheme } from '../common/hmac.ts'
import { hmacProof, jsonSample, type Samples } from '../common/sample.ts'

/** Our own event, whose id is the delivery's. */
export const sample: Samples = {
  types: 'any',
  write: (event, sender) => jsonSample(event, event.id, hmacProof(standardWebhooksScheme, sender, event.id)),
}
