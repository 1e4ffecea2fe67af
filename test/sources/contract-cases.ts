import type { KindName } from '../../functions/sources/registry.ts'
import { asana } from './asana/contract-case.ts'
import { clickup } from './clickup/contract-case.ts'
import { cloudevents } from './cloudevents/contract-case.ts'
import type { Kind } from './contract-case.ts'
import { generic } from './generic/contract-case.ts'
import { github } from './github/contract-case.ts'
import { gitlab } from './gitlab/contract-case.ts'
import { jira } from './jira/contract-case.ts'
import { linear } from './linear/contract-case.ts'
import { monday } from './monday/contract-case.ts'
import { msgraph } from './msgraph/contract-case.ts'
import { msteams } from './msteams/contract-case.ts'
import { notion } from './notion/contract-case.ts'
import { slack } from './slack/contract-case.ts'
import { standardWebhooks } from './standard-webhooks/contract-case.ts'
import { todoist } from './todoist/contract-case.ts'
import { trello } from './trello/contract-case.ts'
import { vereinsantrag } from './vereinsantrag/contract-case.ts'

/** The contract table: every kind of source, or this is an error of types. */
export const kinds: Record<KindName, Kind> = {
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
