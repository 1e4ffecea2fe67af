import * as z from 'zod'
import { completedEvent, eventsOf } from '../common/event-meaning.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { referencesIn } from '../common/references.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import { type Interpretation, ignored } from '../source.ts'

const text = z.string().nullish().catch(undefined)
const Data = z.object({
  context: z.object({ timestamp: z.unknown().optional() }).optional(),
  subject: z.object({
    id: nonEmptyString(),
    source: text,
    content: z.object({
      summary: text,
      labels: z.array(z.string()).nullish().catch(undefined),
      creator: text,
      updatedBy: text,
    }),
  }),
})

/** The verb of a ticket's event, whatever its version. */
export function ticketVerb(type: string): string | undefined {
  return /^dev\.cdevents\.ticket\.([a-z]+)\.\d/.exec(type)?.[1]
}

/**
 * The events of a ticket of CDEvents (https://cdevents.dev, "Ticket"): closed is done, whatever its resolution. CDEvents has
 * no event for reopening. The ticket's id belongs to its own system, so it is never a chat message.
 */
export function ticketEvents(
  verb: string,
  data: unknown,
  envelope: { eventId: string; source: string; time?: unknown },
  { references }: { references: 'everyone' | 'none' },
): Interpretation {
  const { eventId } = envelope
  const parsed = Data.safeParse(data)
  if (!parsed.success) return ignored('nothing is read from a ticket of this form', eventId)
  const { context, subject } = parsed.data
  const { summary, labels, creator, updatedBy } = subject.content
  const meanings = verb === 'closed' ? [completedEvent(true)] : 'the ticket is not closed and refers to no chat message'
  return eventsOf(meanings, {
    eventId,
    occurredAt: parseTimestamp(envelope.time) ?? parseTimestamp(context?.timestamp),
    actor: verb === 'created' ? creator : updatedBy,
    object: `${subject.source ?? envelope.source}#${subject.id}`,
    references: references === 'none' ? [] : referencesIn(summary, ...(labels ?? [])),
  })
}
