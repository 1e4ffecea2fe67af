import { declaredHmacHeaders } from '../common/declared-hmac.ts'
import { json, naming, type OptionsOf, type Samples } from '../common/sample.ts'
import { schemeOf, type vereinsantrag as source } from './adapter.ts'

type Options = OptionsOf<typeof source>
type Type = keyof typeof examples
const examples = { 'task.done': 'ApplicationAccepted', 'task.reopened': 'ApplicationReceived' }

/** An application's event. What its body says isn't known, so the chat message stands in the URL, and there is no object. */
export const vereinsantrag: Samples<Options, Type> = {
  types: ['task.done', 'task.reopened'],

  needs: (type, options) => (eventOf(type, options) ? undefined : { events: { [examples[type]]: type } }),

  write(event, { options, secret, now }) {
    const { id: eventId, type, messageId } = event
    if (messageId === undefined) return 'which chat message? Nothing in an application says which, so give MESSAGE'
    const body = '{}'
    const headers = {
      'x-vereinsantrag-event': eventOf(type, options) ?? '',
      ...declaredHmacHeaders(Buffer.from(body), schemeOf(options), { secret, id: eventId, now }),
    }
    return { eventId, headers: { ...json, ...headers }, body, path: naming(event, false).path }
  },
}

/** Which of its events means that. */
function eventOf(type: Type, { events }: Options): string | undefined {
  return Object.entries(events).find(([, meaning]) => meaning === type)?.[0]
}
