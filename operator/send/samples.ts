import { existsSync } from 'node:fs'
import { extname } from 'node:path'
import type { Sample, SampleEvent, Samples, Signing } from '../../functions/sources/common/sample.ts'
import { sourceOfKind, sources } from '../../functions/sources/registry.ts'
import type { SourceOptions } from '../../functions/sources/source.ts'
import type { EventType } from '../../functions/state/changes.ts'
import type { SourceInfo } from '../open/bridge.ts'

/**
 * Writes and signs a webhook as a system of this kind sends it.
 * @returns why there is none: such systems don't send this event, an option must allow it, or the event lacks something
 */
export async function sample(source: SourceInfo, event: SampleEvent, signing: Signing): Promise<Sample | string> {
  const { kind } = source
  const samples = await samplesOf(kind)
  if (!samples) return `what a source of kind ${kind} sends is not known here`
  const { types, needs, ready, write } = samples
  if (!canSend(event, types)) return `${kind} sends ${[types].flat().join(', ')}, not ${event.type}`
  const options = optionsOf(source)
  const needed = needs?.(event.type, options)
  if (needed) return `${kind} sends ${event.type} only with an option such as ${JSON.stringify(needed)}`
  if (types !== 'any' && event.type === 'link.added' && event.messageId === undefined) {
    return 'link.added: which chat message? Give MESSAGE'
  }
  await ready?.()
  return write(event, { ...signing, options })
}

/** What a source of each kind can send; a `*` marks what needs an option of the source. */
export async function samplesByKind(): Promise<{ kind: string; types: string[] }[]> {
  const found = await Promise.all(
    Object.keys(sources).map(async (kind) => {
      const samples = await samplesOf(kind)
      if (!samples) return []
      const { types, needs } = samples
      const options = optionsOf({ kind })
      if (types === 'any') return { kind, types: ['all of them'] }
      return { kind, types: types.map((type) => (needs?.(type, options) ? `${type}*` : type)) }
    }),
  )
  return found.flat()
}

/** Loads `sample` from the folder of a kind; undefined for a kind that has none. */
async function samplesOf(kind: string): Promise<Samples | undefined> {
  const file = new URL(`../../functions/sources/${kind}/sample${extname(import.meta.url)}`, import.meta.url)
  if (!sourceOfKind(kind) || !existsSync(file)) return undefined
  const { sample: samples } = (await import(file.href)) as { sample: Samples }
  return samples
}

/** Our own events may have any type: the bridge's answer says which it knows. */
function canSend(event: SampleEvent, types: Samples['types']): event is SampleEvent<EventType> {
  return types === 'any' || types.some((type) => type === event.type)
}

function optionsOf(source: SourceInfo): SourceOptions {
  const options = sourceOfKind(source.kind)?.options.parse({ name: source.kind, ...source })
  if (!options) throw new Error(`there is no kind ${source.kind}`)
  return options
}
