import type { KindName } from '../../../functions/sources/index.ts'
import { asana } from './asana.ts'
import { clickup } from './clickup.ts'
import { cloudevents } from './cloudevents.ts'
import { generic } from './generic.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { jira } from './jira.ts'
import type { Kind } from './kind.ts'
import { linear } from './linear.ts'
import { monday } from './monday.ts'
import { msgraph } from './msgraph.ts'
import { msteams } from './msteams.ts'
import { notion } from './notion.ts'
import { slack } from './slack.ts'
import { standardWebhooks } from './standard-webhooks.ts'
import { todoist } from './todoist.ts'
import { trello } from './trello.ts'
import { vereinsantrag } from './vereinsantrag.ts'

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
