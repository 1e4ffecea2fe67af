import * as z from 'zod'
import { bounds } from '../../state/changes.ts'
import { callbackUrls, publicUrlOption } from '../common/callback-url.ts'
import { eventsOf } from '../common/event-meaning.ts'
import { hmacScheme, verdictByHmac } from '../common/hmac.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { referencesIn } from '../common/references.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import {
  type Interpretation,
  ignored,
  type ReceiveContext,
  refused,
  type Source,
  sourceOptions,
  type Verdict,
  type WebhookRequest,
} from '../source.ts'
import { Data, Model, meaningsOf } from './payload.ts'

const Options = sourceOptions('trello').extend({
  /** Whether a card is done when its due date is marked complete. */
  dueComplete: z.boolean().default(true),
  /** The lists whose cards are done, by name or id. */
  doneLists: z.array(z.string()).default(['Done', 'Erledigt']),
  /** The checklist items that, checked, mean that their card is done, by name or id. */
  doneItems: z.array(z.string()).default([]),
  /** Whether a card is done when it is archived. */
  archived: z.boolean().default(false),
  /** Whose text may refer to a chat message. Only members write cards; a public board may let everyone comment. */
  references: z.enum(['members', 'everyone', 'none']).default('members'),
  publicUrl: publicUrlOption,
})
type Options = z.infer<typeof Options>

/** The signed text is the body followed by the webhook's URL. */
export const scheme = hmacScheme({ signatureHeader: 'x-trello-webhook', algorithm: 'sha1', encoding: 'base64' })

/**
 * Trello's webhooks (https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/): a card done or open again, its
 * description edited, files attached, and references. The event of a reaction to a comment isn't documented.
 */
export const trello: Source<Options> = { options: Options, refusal: 403, handshake, authenticate, interpret }

/** Trello makes no webhook unless a HEAD of its URL is answered 200. */
function handshake({ method }: WebhookRequest) {
  return method.toUpperCase() === 'HEAD' ? { status: 200 } : undefined
}

function authenticate(request: WebhookRequest, options: Options, context: ReceiveContext): Verdict {
  const hints = {
    missing: 'is this from Trello?',
    mismatch: 'is the secret the app’s secret, and PUBLIC_URL with this path the callback URL?',
  }
  const verdicts = callbackUrls(request, options, context).map((url) =>
    verdictByHmac({ ...request, body: Buffer.concat([request.body, Buffer.from(url)]) }, scheme, context, hints),
  )
  return verdicts.find(({ kind }) => kind === 'verified') ?? verdicts[0] ?? refused('the Host header is missing.')
}

const Payload = z.object({
  action: z.object({
    id: nonEmptyString(bounds.name),
    type: z.string(),
    date: z.string().nullish(),
    memberCreator: z.object({ username: z.string().nullish() }).nullish(),
    data: Data,
  }),
  model: Model.nullish(),
})
type Payload = z.infer<typeof Payload>

function interpret(json: unknown, _: WebhookRequest, options: Options): Interpretation {
  const { data: payload } = Payload.safeParse(json)
  if (!payload) return ignored('nothing is read from an action of this form, or without a card')
  const { id: eventId, type, date, memberCreator, data } = payload.action
  const meanings = meaningsOf(type, data, options)
  return eventsOf(meanings.length > 0 ? meanings : 'this action says nothing for a chat message', {
    eventId,
    occurredAt: parseTimestamp(date),
    actor: memberCreator?.username,
    object: data.card.id,
    references: referencesOf(payload, options),
  })
}

/** A card's own webhook carries the card as its model, with the description that most actions leave out. */
function referencesOf({ action, model }: Payload, { references }: Options): string[] {
  if (references === 'none') return []
  const { card, attachment, customFieldItem, text, action: comment } = action.data
  const own = model?.id === card.id ? model : undefined
  const file = action.type === 'addAttachmentToCard' ? attachment : undefined
  const comments = references === 'everyone' ? [text, comment?.text] : []
  const field = customFieldItem?.value?.text
  return referencesIn(card.name, card.desc, own?.name, own?.desc, file?.name, file?.url, field, ...comments)
}
