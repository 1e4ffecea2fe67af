import { asana } from '../../functions/sources/asana/sample.ts'
import { clickup } from '../../functions/sources/clickup/sample.ts'
import { cloudevents } from '../../functions/sources/cloudevents/sample.ts'
import type { Sample, SampleEvent, Samples, Signing } from '../../functions/sources/common/sample.ts'
import { generic } from '../../functions/sources/generic/sample.ts'
import { github } from '../../functions/sources/github/sample.ts'
import { gitlab } from '../../functions/sources/gitlab/sample.ts'
import { jira } from '../../functions/sources/jira/sample.ts'
import { linear } from '../../functions/sources/linear/sample.ts'
import { monday } from '../../functions/sources/monday/sample.ts'
import { msteams } from '../../functions/sources/msteams/sample.ts'
import { type KindName, sources } from '../../functions/sources/registry.ts'
import { slack } from '../../functions/sources/slack/sample.ts'
import type { SourceOptions } from '../../functions/sources/source.ts'
import { standardWebhooks } from '../../functions/sources/standard-webhooks/sample.ts'
import { todoist } from '../../functions/sources/todoist/sample.ts'
import { trello } from '../../functions/sources/trello/sample.ts'
import { vereinsantrag } from '../../functions/sources/vereinsantrag/sample.ts'
import type { EventType } from '../../functions/state/changes.ts'
import type { SourceInfo } from '../open/bridge.ts'

/** How the systems of every kind say events. */
const samples = {
  asana,
  clickup,
  cloudevents,
  generic,
  github,
  gitlab,
  jira,
  linear,
  monday,
  msteams,
  slack,
  'standard-webhooks': standardWebhooks,
  todoist,
  trello,
  vereinsantrag,
} satisfies Partial<Record<KindName, Samples>>

/**
 * Writes and signs a webhook as a system of this kind sends it.
 * @returns why there is none: such systems don't say this, an option must let them, or the event lacks something
 */
export async function sample(source: SourceInfo, event: SampleEvent, signing: Signing): Promise<Sample | string> {
  const kind = kinds.find((each) => each === source.kind)
  if (!kind) return `what a source of kind ${source.kind} sends is not known here`
  const { types, needs, ready, write }: Samples = samples[kind]
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

/** What a source of each kind can send; a `*` marks what takes an option of the source. */
export function samplesByKind(): { kind: string; types: string[] }[] {
  return kinds.map((kind) => {
    const { types, needs }: Samples = samples[kind]
    const options = optionsOf({ kind })
    if (types === 'any') return { kind, types: ['all of them'] }
    return { kind, types: types.map((type) => (needs?.(type, options) ? `${type}*` : type)) }
  })
}

const kinds = Object.keys(samples) as (keyof typeof samples)[]

/** Own events may have any type: the bridge's answer says which it knows. */
function canSend(event: SampleEvent, types: Samples['types']): event is SampleEvent<EventType> {
  return types === 'any' || types.some((type) => type === event.type)
}

function optionsOf(source: SourceInfo): SourceOptions {
  return sources[source.kind as KindName].options.parse({ name: source.kind, ...source })
}
