import { declaredHmacHeaders } from '../common/declared-hmac.ts'
import { json, type OptionsOf, type Samples, type Sender } from '../common/sample.ts'
import { standardWebhooksHeaders } from '../standard-webhooks/sample.ts'
import type { generic as source } from './adapter.ts'

type Options = OptionsOf<typeof source>

/** Our own event, as it stands. */
export const generic: Samples<Options> = {
  types: 'any',
  write(event, sender) {
    const body = JSON.stringify(event)
    return { eventId: event.id, headers: { ...json, ...genericHeaders(body, event.id, sender) }, body, path: '' }
  },
}

/** The proof that a source's options want; by Standard Webhooks where it takes anything. */
export function genericHeaders(
  body: string,
  id: string,
  { options, secret, now }: Sender<Pick<Options, 'authentication'> & Parameters<typeof declaredHmacHeaders>[1]>,
): Record<string, string> {
  switch (options.authentication) {
    case 'bearer':
      return { authorization: `Bearer ${secret}` }
    case 'hmac':
      return declaredHmacHeaders(Buffer.from(body), options, { secret, id, now })
    default:
      return standardWebhooksHeaders(body, id, { secret, now })
  }
}
