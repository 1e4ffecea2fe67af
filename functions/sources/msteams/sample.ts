import { declaredHmacHeaders } from '../common/declared-hmac.ts'
import { boundedId } from '../common/event-id.ts'
import { json, naming, type OptionsOf, type Samples } from '../common/sample.ts'
import { scheme, type msteams as source } from './adapter.ts'

type Options = OptionsOf<typeof source>
type Type = 'task.done' | 'task.reopened' | 'link.added'

/** A message to the outgoing webhook, whose conversation is the object: the command that says so, and the reference. */
export const msteams: Samples<Options, Type> = {
  types: ['task.done', 'task.reopened', 'link.added'],

  needs(type, options) {
    const isKnown = type === 'link.added' ? Object.keys(options.commands).length > 0 : commandOf(type, options)
    if (!isKnown) return { commands: type === 'task.reopened' ? { reopen: type } : { done: 'task.done' } }
    return type === 'link.added' && options.references === 'none' ? { references: 'everyone' } : undefined
  },

  write(event, { options, secret, now }) {
    const { id, type, occurredAt: timestamp, actor = 'ea9c5f5b-2d8b-4d35-95d3-8dd3f6d7a5c6' } = event
    const conversation = {
      id: event.object ?? '19:253f6e2f5f4d4e3a9b2d0c1e8f7a6b5c@thread.skype;messageid=1485983194839',
    }
    const { reference, path } = naming(event, options.references !== 'none')
    const words = [commandOf(type, options), reference].filter(Boolean).join(' ')
    const text = `<at>Bridge</at> ${words}`
    const body = JSON.stringify({ type: 'message', id, timestamp, text, from: { aadObjectId: actor }, conversation })
    const signature = declaredHmacHeaders(Buffer.from(body), scheme, { secret, id, now })
    return { eventId: boundedId(`${conversation.id}/${id}`), headers: { ...json, ...signature }, body, path }
  },
}

/** What people write where it means that. */
function commandOf(type: Type, { commands }: Options): string | undefined {
  return Object.entries(commands).find(([, meaning]) => meaning === type)?.[0]
}
