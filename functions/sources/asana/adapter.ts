import * as z from 'zod'
import { boundedId } from '../common/event-id.ts'
import { completedEvent, irrelevant, unreadable } from '../common/event-meaning.ts'
import { authenticateByHmac, hmacScheme } from '../common/hmac.ts'
import { lookupOptions } from '../common/lookup-options.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import {
  header,
  type IncompleteEvent,
  type Interpretation,
  ignored,
  isSecret,
  type Learned,
  type NormalizedEvent,
  referencesOption,
  type Source,
  sourceOptions,
  type WebhookRequest,
} from '../source.ts'

const Options = sourceOptions('asana').extend({
  ...lookupOptions,
  /** Counts where tasks are looked up. Only members and guests write in a task. */
  references: referencesOption(),
})
type Options = z.infer<typeof Options>

export const scheme = hmacScheme({ signatureHeader: 'x-hook-signature', signaturePrefix: '' })

/**
 * Asana's webhooks (https://developers.asana.com/docs/webhooks-guide): a task completed or open again. Events carry ids only.
 * The direction comes from the story that Asana adds to the task, or, with look-ups, from the task itself. With look-ups
 * stories are ignored, since each change would count twice. References come from the task's text, so only with look-ups.
 */
export const asana: Source<Options> = {
  options: Options,
  learn,
  authenticate: authenticateByHmac(scheme, {
    missing: 'is this from Asana?',
    mismatch: 'is the secret the one of this very webhook?',
  }),
  interpret,
}

/** The first request brings each webhook's own secret, and Asana waits for it in the answer. */
function learn(request: WebhookRequest): Learned | undefined {
  const secret = header(request, 'x-hook-secret')
  if (secret === undefined || !isSecret(secret)) return undefined
  return { secret, response: { status: 200, headers: { 'x-hook-secret': secret } } }
}

const Resource = z.object({
  gid: nonEmptyString(),
  resource_type: z.string().nullish(),
  resource_subtype: z.string().nullish(),
})
const Event = z.object({
  action: z.string(),
  resource: Resource,
  parent: Resource.nullish(),
  user: z.object({ gid: nonEmptyString() }).nullish(),
  created_at: z.unknown().optional(),
  change: z.object({ field: z.string().nullish() }).nullish(),
})
type Event = z.infer<typeof Event>
const Payload = z.object({ events: z.array(z.unknown()) })

function interpret(json: unknown, _: WebhookRequest, options: Options): Interpretation {
  const { data: payload } = Payload.safeParse(json)
  if (!payload) return ignored(unreadable)
  if (payload.events.length === 0) return ignored('a heartbeat says nothing for a chat message')
  const results = payload.events.map((event) => {
    const { data } = Event.safeParse(event)
    if (!data) return 'nothing is read from an event of this form'
    return options.lookUps ? incompleteEvent(data, options) : storyEvent(data)
  })
  const reasons = new Set(results.filter((result) => typeof result === 'string'))
  const events = results.filter((result) => typeof result !== 'string')
  const incomplete = events.filter((event) => 'asks' in event)
  return {
    kind: 'understood',
    events: events.filter((event) => 'messageIds' in event),
    ignored: [...reasons].map((reason) => ({ reason })),
    ...(incomplete.length > 0 && { incomplete }),
  }
}

/** What to look up in an event's task, or why nothing. */
function incompleteEvent(
  { action, resource, created_at, change }: Event,
  { references }: Options,
): IncompleteEvent | string {
  const field = change?.field ?? ''
  const isText = ['added', 'undeleted'].includes(action) || ['name', 'notes', 'html_notes'].includes(field)
  const asks: IncompleteEvent['asks'] = [
    ...(action === 'changed' && field === 'completed' ? (['completed'] as const) : []),
    ...(references === 'everyone' && (isText || field === 'completed') ? (['references'] as const) : []),
  ]
  if (resource.resource_type !== 'task' || asks.length === 0) return irrelevant
  const occurredAt = parseTimestamp(created_at)
  if (occurredAt === undefined) return 'nothing is looked up for an event without its time'
  // Asana gives events no id; a repeated event repeats all of these.
  const eventId = boundedId([resource.gid, action, field, occurredAt].filter(Boolean).join(':'))
  // https://developers.asana.com/reference/gettask: modified_at doesn't change when a task is added to a project.
  return { eventId, object: resource.gid, occurredAt, asks, modifies: action === 'changed' }
}

/** The stories that say whether a task is done. */
const stories: Record<string, boolean> = { marked_complete: true, marked_incomplete: false }

/** The event of a story, or why there is none. */
function storyEvent({ action, resource, parent, user, created_at, change }: Event): NormalizedEvent | string {
  const subtype = resource.resource_subtype ?? ''
  const isStory = resource.resource_type === 'story' && parent?.resource_type === 'task' && action === 'added'
  if (isStory && Object.hasOwn(stories, subtype)) {
    return {
      ...completedEvent(stories[subtype] === true),
      eventId: boundedId(resource.gid),
      occurredAt: parseTimestamp(created_at),
      actor: user?.gid,
      object: parent.gid,
      messageIds: [],
    }
  }
  return resource.resource_type === 'task' && change?.field === 'completed'
    ? 'this event does not say whether the task is completed: give the source an API token (option lookUps)'
    : irrelevant
}
