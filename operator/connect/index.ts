import { asana, clickup, monday, msgraph, trello } from './apis.ts'
import { github, gitlab, jira, linear, msteams, todoist, vereinsantrag } from './forms.ts'
import { anyOther, cloudevents, generic, notion, standardWebhooks } from './own.ts'
import type { Steps } from './place.ts'
import { slack } from './slack.ts'

/** The steps for a kind of source. */
export function stepsOf(kind: string): Steps {
  return Object.hasOwn(steps, kind) ? (steps[kind] as Steps) : anyOther
}

const steps: Readonly<Record<string, Steps>> = {
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
