import { createHttpCall } from '../erp/http-call.ts'
import type { ApiTokens, Clock, ProviderApi, ProviderApis } from '../ports/ports.ts'
import { createAsana, type ProviderOptions } from '../sources/asana/api.ts'
import { LookupOptions } from '../sources/common/lookup-options.ts'
import { rateLimited } from './rate-limit.ts'

/** Every provider that can be asked, by the kind of its sources. Another one is a file beside asana.ts and a line here. */
const providers: Readonly<Record<string, (options: ProviderOptions) => ProviderApi>> = { asana: createAsana }

/**
 * The providers of those sources whose options say that they are asked, each with a rate limit of its own for this instance.
 * @param sources by name, with their options
 */
export function createProviderApis(
  sources: ReadonlyMap<string, { kind: string }>,
  { tokens, clock, timeout }: { tokens: ApiTokens; clock: Clock; timeout?: number },
): ProviderApis {
  const call = createHttpCall()
  const asked = new Map<string, ProviderApi>()
  for (const [name, source] of sources) {
    const create = Object.hasOwn(providers, source.kind) ? providers[source.kind] : undefined
    const { lookUps, lookUpsPerMinute, apiUrl } = LookupOptions.parse(create ? source : {})
    if (!create || !lookUps) continue
    const token: ProviderOptions['token'] = (options) => tokens.of(name, options)
    asked.set(name, rateLimited(create({ baseUrl: apiUrl, token, call, clock, timeout }), lookUpsPerMinute, clock))
  }
  return { of: (source) => asked.get(source) }
}
