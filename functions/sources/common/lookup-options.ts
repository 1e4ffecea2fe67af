import * as z from 'zod'
import { isPlain, isSafe } from './url.ts'

/** The options of sources whose provider can be asked for what its webhooks leave open. */
export const lookupOptions = {
  /** Whether the source has an API token, so that its provider is asked. */
  lookUps: z.boolean().default(false),
  /** How often at most; Asana's limit is 150 for a free domain (https://developers.asana.com/docs/rate-limits). */
  lookUpsPerMinute: z.int().min(1).max(1500).default(120),
  /** Where the provider's API is, where it isn't where its documentation says; http on loopback only. */
  apiUrl: z
    .url({ protocol: /^https?$/, error: 'expected a URL such as https://app.asana.com/api/1.0', abort: true })
    .refine(isSafe, { error: 'expected https; http is for loopback only' })
    .refine(isPlain, { error: 'expected no user, query or fragment' })
    .optional(),
}

/** The same, of a source that may have others. */
export const LookupOptions = z.object(lookupOptions)
export type LookupOptions = z.infer<typeof LookupOptions>
