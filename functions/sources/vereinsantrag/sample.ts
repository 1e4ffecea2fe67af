import { hmacProof, jsonSample, naming, type OptionsOf, type Samples } from '../common/sample.ts'
import { schemeOf, type vereinsantrag } from './adapter.ts'

type Options = OptionsOf<typeof vereinsantrag>
type Type = keyof typeof examples
const examples = { 'task.done': 'ApplicationAccepted', 'task.reopened': 'ApplicationReceived' }

/** An application's event. Its body is not known, so the chat message stands in the URL, and there is no object. */
export const sample: Samples<Options, Type> = {
  types: ['task.done', 'task.reopened'],
  needs: (type, options) => (eventOf(type, options) ? undefined : { events: { [examples[type]]: type } }),

  write(event, { options, ...sender }) {
    if (event.messageId === undefined)
      return 'which chat message? Nothing in an application says which, so give MESSAGE'
    const headers = { 'x-vereinsantrag-event': eventOf(event.type, options) ?? '' }
    const { path } = naming(event, false)
    return jsonSample({}, event.id, hmacProof(schemeOf(options), sender, event.id), { path, headers })
  },
}

/** The event that has this meaning. */
function eventOf(type: Type, { events }: Options): string | undefined {
  return Object.entries(events).find(([, meaning]) => meaning === type)?.[0]
}
