import * as z from 'zod'
import { boundedId } from '../common/event-id.ts'
import { completedEvent } from '../common/event-meaning.ts'
import { lookupOptions } from '../common/lookup-options.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { verifyHmac } from '../common/signature.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import {
  header,
  type IncompleteEvent,
  type Interpretation,
  ignored,
  isSecret,
  type Learned,
  type NormalizedEvent,
  type ReceiveContext,
  type Source,
  sourceOptions,
  type Verdict,
  type WebhookRequest,
} from '../source.ts'

const Options = sourceOptions('asana', ['completed', 'reaction']).extend({
  ...lookupOptions,
  /** Whose text may refer to a chat message, where tasks are looked up. Only members and guests write in a task. */
  references: z.enum(['everyone', 'none']).default('everyone'),
})
type Options = z.infer<typeof Options>

/**
 * Asana's webhooks (https://developers.asana.com/docs/webhooks-guide): a task done or open again. Events carry ids only; what
 * tells the direction is the story that Asana adds to the task, or the task itself, where Asana may be asked: then the stories
 * say nothing, for what happened once would be two wishes. Nobody can refer to a chat message in ids: the task's text can.
 */
export const asana: Source<Options> = { options: Options, learn, authenticate, interpret }

/** Each webhook has a secret of its own, which comes with the first request, while Asana waits to have it back. */
function learn(request: WebhookRequest): Learned | undefined {
  const secret = header(request, 'x-hook-secret')
  if (secret === undefined || !isSecret(secret)) return undefined
  return { secret, response: { status: 200, headers: { 'x-hook-secret': secret } } }
}

function authenticate(request: WebhookRequest, _: Options, { secrets }: ReceiveContext): Verdict {
  const signature = header(request, 'x-hook-signature')
  if (signature === undefined) return { kind: 'refused', detail: 'x-hook-signature is missing: is this from Asana?' }
  return verifyHmac(request.body, signature, secrets, { prefix: '' })
    ? { kind: 'verified' }
    : { kind: 'refused', detail: 'x-hook-signature does not match: is the secret the one of this very webhook?' }
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
  if (!payload) return ignored('nothing is read from a payload of this form')
  if (payload.events.length === 0) return ignored('a heartbeat says nothing for a chat message')
  const told = payload.events.map((event) => {
    const { data } = Event.safeParse(event)
    if (!data) return 'nothing is read from an event of this form'
    return options.lookUps ? leftOpenBy(data, options) : toldBy(data)
  })
  const reasons = new Set(told.filter((each) => typeof each === 'string'))
  const said = told.filter((each) => typeof each !== 'string')
  const incomplete = said.filter((each) => 'asks' in each)
  return {
    kind: 'understood',
    events: said.filter((each) => 'messageIds' in each),
    ignored: [...reasons].map((reason) => ({ reason })),
    ...(incomplete.length > 0 && { incomplete }),
  }
}

/** What an event leaves to look up in its task, or why nothing. */
function leftOpenBy(
  { action, resource, created_at, change }: Event,
  { references }: Options,
): IncompleteEvent | string {
  const field = change?.field ?? ''
  const isText = ['added', 'undeleted'].includes(action) || ['name', 'notes', 'html_notes'].includes(field)
  const asks: IncompleteEvent['asks'] = [
    ...(action === 'changed' && field === 'completed' ? (['completed'] as const) : []),
    ...(references === 'everyone' && (isText || field === 'completed') ? (['references'] as const) : []),
  ]
  if (resource.resource_type !== 'task' || asks.length === 0) return 'this event says nothing for a chat message'
  const occurredAt = parseTimestamp(created_at)
  if (occurredAt === undefined) return 'nothing is looked up for an event without its time'
  // Asana gives events no id; a repeated one repeats all of this.
  const eventId = boundedId([resource.gid, action, field, occurredAt].filter(Boolean).join(':'))
  // https://developers.asana.com/reference/gettask: modified_at doesn't tell of projects that a task was added to.
  return { eventId, object: resource.gid, occurredAt, asks, modifies: action === 'changed' }
}

/** The stories of a task that say whether it is done. */
const stories: Record<string, boolean> = { marked_complete: true, marked_incomplete: false }

/** What an event says, or why it says nothing. */
function toldBy({ action, resource, parent, user, created_at, change }: Event): NormalizedEvent | string {
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
    : 'this event says nothing for a chat message'
}
