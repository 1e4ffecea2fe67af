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
import type { Source } from './source.ts'
import { standardWebhooks } from './standard-webhooks/adapter.ts'
import { todoist } from './todoist/adapter.ts'
import { trello } from './trello/adapter.ts'
import { vereinsantrag } from './vereinsantrag/adapter.ts'

const known = {
  asana,
  clickup,
  cloudevents,
  generic,
  github,
  gitlab,
  jira,
  linear,
  monday,
  msgraph,
  msteams,
  notion,
  slack,
  'standard-webhooks': standardWebhooks,
  todoist,
  trello,
  vereinsantrag,
}
export type KindName = keyof typeof known

/** All kinds of sources, by name. */
export const sources = known as unknown as Readonly<Record<KindName, Source>>

/** The kind's implementation, or undefined for an unknown kind. */
export function sourceOfKind(kind: string): Source | undefined {
  return Object.hasOwn(sources, kind) ? sources[kind as KindName] : undefined
}

/** Whether sources of this kind get their secret by a handshake, so that the bridge makes none. */
export function learnsSecret(kind: string): boolean {
  return sourceOfKind(kind)?.learn !== undefined
}
