import { asana } from './asana/adapter.ts'
import { clickup } from './clickup/adapter.ts'
import { cloudevents } from './cloudevents/adapter.ts'
import { generic } from './generic/adapter.ts'
import { github } from './github/adapter.ts'
import { gitlab } from './gitlab/adapter.ts'
import { jira } from './jira/adapter.ts'
import { linear } from './linear/adapter.ts'
import { monday } from './monday/adapter.ts'
import { msgraph } from './msgraph/adapter.ts'
import { msteams } from './msteams/adapter.ts'
import { notion } from './notion/adapter.ts'
import { slack } from './slack/adapter.ts'
import type { Source, SourceOptions } from './source.ts'
import { standardWebhooks } from './standard-webhooks/adapter.ts'
import { todoist } from './todoist/adapter.ts'
import { trello } from './trello/adapter.ts'
import { vereinsantrag } from './vereinsantrag/adapter.ts'

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
