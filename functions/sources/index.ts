import { asana } from './asana.ts'
import { clickup } from './clickup.ts'
import { cloudevents } from './cloudevents.ts'
import { generic } from './generic.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { jira } from './jira.ts'
import { linear } from './linear.ts'
import { monday } from './monday.ts'
import { msgraph } from './msgraph.ts'
import { msteams } from './msteams.ts'
import { notion } from './notion.ts'
import { slack } from './slack.ts'
import type { Source, SourceOptions } from './source.ts'
import { standardWebhooks } from './standard-webhooks.ts'
import { todoist } from './todoist.ts'
import { trello } from './trello.ts'
import { vereinsantrag } from './vereinsantrag.ts'

const known = {
  asana: asana as Source<SourceOptions>,
  clickup: clickup as Source<SourceOptions>,
  cloudevents: cloudevents as Source<SourceOptions>,
  generic: generic as Source<SourceOptions>,
  github: github as Source<SourceOptions>,
  gitlab: gitlab as Source<SourceOptions>,
  jira: jira as Source<SourceOptions>,
  linear: linear as Source<SourceOptions>,
  monday: monday as Source<SourceOptions>,
  msgraph: msgraph as Source<SourceOptions>,
  msteams: msteams as Source<SourceOptions>,
  notion: notion as Source<SourceOptions>,
  slack: slack as Source<SourceOptions>,
  'standard-webhooks': standardWebhooks as Source<SourceOptions>,
  todoist: todoist as Source<SourceOptions>,
  trello: trello as Source<SourceOptions>,
  vereinsantrag: vereinsantrag as Source<SourceOptions>,
}
export type KindName = keyof typeof known

/** Every kind of source there is. */
export const sources: Readonly<Record<KindName, Source>> = known

/** The kind's implementation, or undefined for a kind that there isn't. */
export function sourceOfKind(kind: string): Source | undefined {
  return Object.hasOwn(sources, kind) ? sources[kind as KindName] : undefined
}

/** Whether the secret of sources of this kind comes by a handshake, so that one made here would be of no use. */
export function learnsSecret(kind: string): boolean {
  return sourceOfKind(kind)?.learn !== undefined
}
