import { type Interpretation, type InterpretContext, ignored, type NormalizedEvent, understood } from '../source.ts'
import { contradiction, toNormalizedEvent } from './addressing.ts'
import { readGenericEvent } from './event.ts'

/** What our own events are in an envelope that other systems use too. */
type Given = {
  eventId: string
  options: { name: string; linksFor: string[] }
  context: InterpretContext
  /** Where the event stands in the payload. */
  at: (string | number)[]
}

/**
 * An event of ours, from a system that may send other things as well: what is not ours is ignored, with the reason, and what
 * is beyond the bounds is reported and changes nothing. Only a chat message that contradicts the URL is an error.
 */
export function lenientEvent(item: unknown, { eventId, options, context, at }: Given): Interpretation {
  const read = readGenericEvent(item, [], { bounded: false })
  if ('errors' in read) {
    const [first] = read.errors
    return ignored([first?.path, first?.message].filter(Boolean).join(': '), eventId)
  }
  const errors = contradiction(read.event, context.path, at)
  if (errors.length > 0) return { kind: 'invalid', errors }
  const { change, messageId } = read.event
  if (!change && messageId === undefined && !context.path) return ignored('a link without its chat message', eventId)
  return understood(toNormalizedEvent(read.event, eventId, options))
}

/** A sender mends a mistake that it makes everywhere in one place: more errors would only make the answer longer. */
const mostErrors = 20

/** What several events of one request mean together: all are taken, or none. */
export function combine(interpretations: Interpretation[]): Interpretation {
  const errors = interpretations.flatMap((each) => (each.kind === 'invalid' ? each.errors : []))
  if (errors.length > 0) return { kind: 'invalid', errors: errors.slice(0, mostErrors) }
  const understood = interpretations.filter((each) => each.kind === 'understood')
  const events: NormalizedEvent[] = understood.flatMap((each) => each.events)
  return { kind: 'understood', events, ignored: understood.flatMap((each) => each.ignored) }
}
