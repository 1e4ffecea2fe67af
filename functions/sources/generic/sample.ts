import { hmacHeaders, standardWebhooksScheme } from '../common/hmac.ts'
import { jsonSample, type OptionsOf, type Samples, type Sender } from '../common/sample.ts'
import type { generic } from './adapter.ts'

type Options = OptionsOf<typeof generic>

/** Our own event. */
export const sample: Samples<Options> = {
  types: 'any',
  write: (event, sender) => jsonSample(event, event.id, (body) => genericProof(body, event.id, sender)),
}

/** The headers that a source with these options accepts; Standard Webhooks where it accepts any. */
export function genericProof(
  body: string,
  id: string,
  { options, ...sender }: Sender<Pick<Options, 'authentication'> & Parameters<typeof hmacHeaders>[1]>,
): Record<string, string> {
  if (options.authentication === 'bearer') return { authorization: `Bearer ${sender.secret}` }
  const scheme = options.authentication === 'hmac' ? options : standardWebhooksScheme
  return hmacHeaders(body, scheme, { ...sender, id })
}
