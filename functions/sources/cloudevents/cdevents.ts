import * as z from 'zod'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { referencesIn } from '../common/references.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import type { NormalizedEvent } from '../source.ts'

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

/** What a ticket's event says, without the id that the envelope gives it. */
type Said = Omit<NormalizedEvent, 'eventId' | 'messageIds'>

/** The verb of a ticket's event, whatever its version. */
export function ticketVerb(type: string): string | undefined {
  return /^dev\.cdevents\.ticket\.([a-z]+)\.\d/.exec(type)?.[1]
}

/**
 * What a ticket's event of CDEvents says (https://cdevents.dev, "Ticket"): closed is done, whatever its resolution. No event
 * says that a ticket was opened again. The ticket's id is its own system's, so it never is a chat message.
 * @param envelope the CloudEvent's source and time
 * @returns why it says nothing, or what it says
 */
export function ticketMeaning(
  verb: string,
  data: unknown,
  envelope: { source: string; time?: unknown },
  { references }: { references: 'everyone' | 'none' },
): Said | string {
  const parsed = Data.safeParse(data)
  if (!parsed.success) return 'nothing is read from a ticket of this form'
  const { context, subject } = parsed.data
  const { summary, labels, creator, updatedBy } = subject.content
  const found = references === 'none' ? [] : referencesIn(summary, ...(labels ?? []))
  const said = {
    occurredAt: parseTimestamp(envelope.time) ?? parseTimestamp(context?.timestamp),
    actor: (verb === 'created' ? creator : updatedBy) ?? undefined,
    object: `${subject.source ?? envelope.source}#${subject.id}`,
    references: found,
  }
  if (verb === 'closed') return { ...said, type: 'task.done', change: { kind: 'completed', value: true } }
  return found.length > 0 ? { ...said, type: 'link.added' } : 'the ticket is not closed and refers to no chat message'
}
