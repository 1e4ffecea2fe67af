import { boundedId } from '../common/event-id.ts'
import { hmacProof, jsonSample, naming, needsReferences, type OptionsOf, type Samples } from '../common/sample.ts'
import { type msteams, scheme } from './adapter.ts'

type Options = OptionsOf<typeof msteams>
type Type = 'task.done' | 'task.reopened' | 'link.added'

/** A message to the outgoing webhook, with the command and the reference; the object is the conversation. */
export const sample: Samples<Options, Type> = {
  types: ['task.done', 'task.reopened', 'link.added'],

  needs(type, options) {
    const isKnown = type === 'link.added' ? Object.keys(options.commands).length > 0 : commandOf(type, options)
    if (!isKnown) return { commands: type === 'task.reopened' ? { reopen: type } : { done: 'task.done' } }
    return needsReferences(type, options)
  },

  write(event, { options, ...sender }) {
    const { id, type, occurredAt: timestamp, actor = 'ea9c5f5b-2d8b-4d35-95d3-8dd3f6d7a5c6' } = event
    const conversation = {
      id: event.object ?? '19:253f6e2f5f4d4e3a9b2d0c1e8f7a6b5c@thread.skype;messageid=1485983194839',
    }
    const { reference, path } = naming(event, options.references !== 'none')
    const text = ['<at>Bridge</at>', commandOf(type, options), reference].filter(Boolean).join(' ')
    const message = { type: 'message', id, timestamp, text, from: { aadObjectId: actor }, conversation }
    return jsonSample(message, boundedId(`${conversation.id}/${id}`), hmacProof(scheme, sender, id), { path })
  },
}

/** The command that has this meaning. */
function commandOf(type: Type, { commands }: Options): string | undefined {
  return Object.entries(commands).find(([, meaning]) => meaning === type)?.[0]
}
