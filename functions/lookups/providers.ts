import { createHttpCall } from '../erp/http-call.ts'
import type { ApiTokens, Clock, LookUps, TaskLookUps } from '../ports/ports.ts'
import { createAsana, type ProviderOptions } from '../sources/asana/api.ts'
import { LookUpOptions } from '../sources/common/lookup-options.ts'
import { paced } from './rate-limit.ts'

/** Every provider that can be asked, by the kind of its sources. Another one is a file beside asana.ts and a line here. */
const providers: Readonly<Record<string, (options: ProviderOptions) => TaskLookUps>> = { asana: createAsana }

/**
 * The providers of those sources whose options say that they are asked, each with a rate limit of its own for this instance.
 * @param sources by name, with their options
 */
export function createLookUps(
  sources: ReadonlyMap<string, { kind: string }>,
  { tokens, clock, timeout }: { tokens: ApiTokens; clock: Clock; timeout?: number },
): LookUps {
  const call = createHttpCall()
  const asked = new Map<string, TaskLookUps>()
  for (const [name, source] of sources) {
    const create = Object.hasOwn(providers, source.kind) ? providers[source.kind] : undefined
    const { lookUps, lookUpsPerMinute, apiUrl } = LookUpOptions.parse(create ? source : {})
    if (!create || !lookUps) continue
    const token: ProviderOptions['token'] = (options) => tokens.of(name, options)
    asked.set(name, paced(create({ baseUrl: apiUrl, token, call, clock, timeout }), lookUpsPerMinute, clock))
  }
  return { of: (source) => asked.get(source) }
}
