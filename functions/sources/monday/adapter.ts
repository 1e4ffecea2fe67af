import * as z from 'zod'
import { bounds } from '../../state/changes.ts'
import { callbackUrls, publicUrlOption } from '../common/callback-url.ts'
import {
  completedEvent,
  type EventMeaning,
  editedEvent,
  editedTitleEvent,
  eventsOf,
  irrelevant,
} from '../common/event-meaning.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { handshakeLimit, readJson } from '../common/parse-json.ts'
import { referencesIn } from '../common/references.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import {
  header,
  type Interpretation,
  ignored,
  type ReceiveContext,
  type Response,
  refused,
  type Source,
  sourceOptions,
  type Verdict,
  verified,
  type WebhookRequest,
} from '../source.ts'
import { verifiedJwt } from './jwt.ts'

const Options = sourceOptions('monday').extend({
  /** The labels of a status column that mean done; by default those that monday.com marks so, or “Done”. */
  doneLabels: z.array(z.string()).optional(),
  /** The status columns that count, by title or id; by default all. */
  statusColumns: z.array(z.string()).optional(),
  /** Whose text may refer to a chat message. Forms let strangers name items: by default a name counts once a user edits it. */
  references: z.enum(['members', 'everyone', 'none']).default('members'),
  publicUrl: publicUrlOption,
})
type Options = z.infer<typeof Options>

/**
 * monday.com's webhooks (https://developer.monday.com/api-reference/reference/webhooks): the status of an item, edited
 * updates, and references. Only webhooks that an app made are signed, by a token that doesn't cover the body.
 */
export const monday: Source<Options> = { options: Options, handshake, authenticate, interpret }

const Challenge = z.strictObject({ challenge: nonEmptyString(1000) })

/** monday.com makes no webhook unless its challenge is echoed; it is signed only where an app makes the webhook. */
function handshake({ method, body }: WebhookRequest): Response | undefined {
  if (method.toUpperCase() !== 'POST') return undefined
  const { data: challenge } = Challenge.safeParse(readJson(body, handshakeLimit))
  if (!challenge) return undefined
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(challenge) }
}

/** https://developer.monday.com/apps/docs/authorization-header */
function authenticate(request: WebhookRequest, options: Options, context: ReceiveContext): Verdict {
  const authorization = header(request, 'authorization')
  if (authorization === undefined) {
    return refused('authorization is missing: only webhooks that an app makes are signed.')
  }
  const jwt = verifiedJwt(authorization.replace(/^Bearer\s+/i, ''), context.secrets, context.now)
  if (!jwt) return refused('authorization does not hold or has expired: is the secret the app’s signing secret?')
  return jwt.audience.length === 0 || jwt.audience.some((url) => isHere(url, request, options, context))
    ? verified
    : refused('authorization is for another URL: is PUBLIC_URL how monday.com calls this?')
}

/** Without a public URL only the path is compared: a Host header would prove nothing. */
function isHere(url: string, request: WebhookRequest, options: Options, context: ReceiveContext): boolean {
  const isKnown = (options.publicUrl ?? context.publicUrl) !== undefined || /^https?:/i.test(request.url)
  return isKnown
    ? callbackUrls(request, options, context).includes(url)
    : url.replace(/^https?:\/\/[^/]*/, '') === request.url
}

const Id = z.union([nonEmptyString(), z.number().transform(String)])
const Label = z.object({ label: z.object({ text: z.string().nullish(), is_done: z.boolean().nullish() }) })
const Words = z.object({ value: z.unknown(), text: z.unknown(), url: z.unknown(), name: z.unknown() }).partial()
const Event = z.object({
  type: z.string(),
  triggerUuid: nonEmptyString(bounds.name),
  triggerTime: z.string().nullish(),
  userId: z.number().nullish(),
  pulseId: Id,
  pulseName: z.string().nullish(),
  columnId: z.string().nullish(),
  columnTitle: z.string().nullish(),
  columnType: z.string().nullish(),
  value: z.unknown().optional(),
  previousValue: z.unknown().optional(),
  textBody: z.string().nullish(),
})
type Event = z.infer<typeof Event>

function interpret(json: unknown, _: WebhookRequest, options: Options): Interpretation {
  const { data } = z.object({ event: Event }).safeParse(json)
  if (!data) return ignored('nothing is read from an event of this form, or without an item')
  const { triggerUuid: eventId, triggerTime, userId, pulseId } = data.event
  const meaning = meaningOf(data.event, options)
  return eventsOf(meaning ? [meaning] : irrelevant, {
    eventId,
    occurredAt: parseTimestamp(triggerTime),
    actor: typeof userId === 'number' ? String(userId) : undefined,
    object: pulseId,
    references: referencesOf(data.event, options),
  })
}

function meaningOf(event: Event, options: Options): EventMeaning | undefined {
  const { type, columnType, columnId, columnTitle, value, previousValue, textBody } = event
  if (type === 'edit_update' && typeof textBody === 'string') {
    return editedEvent(textBody, 'an update is a comment, which never edits a chat message')
  }
  const { data: named } = Words.safeParse(value)
  if (type === 'update_name' && typeof named?.name === 'string') return editedTitleEvent(named.name)
  if (type !== 'update_column_value' || columnType !== 'color') return undefined
  const columns = options.statusColumns
  if (columns && ![columnId, columnTitle].some((name) => columns.includes(name ?? ''))) return undefined
  const [was, is] = [isDone(previousValue, options), isDone(value, options)]
  return was === is ? undefined : completedEvent(is)
}

function isDone(status: unknown, { doneLabels }: Options): boolean {
  const { text, is_done } = Label.safeParse(status).data?.label ?? {}
  return doneLabels ? doneLabels.includes(text ?? '') : (is_done ?? text === 'Done')
}

/** By default what a user wrote in this very event; automations and anonymous forms have no user's id. */
function referencesOf({ type, userId, pulseName, value, textBody }: Event, { references }: Options): string[] {
  if (references === 'none') return []
  const isByUser = typeof userId === 'number' && userId > 0 && type !== 'create_pulse' && type !== 'delete_update'
  const { data: words = {} } = Words.safeParse(value)
  const written = isByUser || references === 'everyone' ? [...Object.values(words), textBody] : []
  return referencesIn(...written, references === 'everyone' ? pulseName : undefined)
}
