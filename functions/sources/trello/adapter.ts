import * as z from 'zod'
import { bounds } from '../../state/changes.ts'
import { callbackUrls, publicUrlOption } from '../common/callback-url.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { referencesIn } from '../common/references.ts'
import { verifyHmac } from '../common/signature.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import {
  header,
  type Interpretation,
  ignored,
  type ReceiveContext,
  type Source,
  sourceOptions,
  understood,
  type Verdict,
  type WebhookRequest,
} from '../source.ts'
import { Data, Model, meaningsOf } from './payload.ts'

const Options = sourceOptions('trello', ['completed', 'reaction']).extend({
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

/**
 * Trello's webhooks (https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/): a card done or opened again,
 * its description edited, files attached, and what it refers to. What a reaction to a comment looks like isn't documented.
 */
export const trello: Source<Options> = { options: Options, refusal: 403, handshake, authenticate, interpret }

/** Trello makes no webhook unless a HEAD of its URL is answered 200. */
function handshake({ method }: WebhookRequest) {
  return method.toUpperCase() === 'HEAD' ? { status: 200 } : undefined
}

function authenticate(request: WebhookRequest, options: Options, context: ReceiveContext): Verdict {
  const signature = header(request, 'x-trello-webhook')
  if (signature === undefined) return { kind: 'refused', detail: 'x-trello-webhook is missing: is this from Trello?' }
  const scheme = { algorithm: 'sha1', encoding: 'base64', prefix: '' } as const
  return callbackUrls(request, options, context).some((after) =>
    verifyHmac(request.body, signature, context.secrets, { ...scheme, after }),
  )
    ? { kind: 'verified' }
    : {
        kind: 'refused',
        detail:
          'x-trello-webhook does not match: is the secret the app’s secret, and PUBLIC_URL with this path the callback URL?',
      }
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
  const parsed = Payload.safeParse(json)
  if (!parsed.success) return ignored('nothing is read from an action of this form, or without a card')
  const { id: eventId, type, date, memberCreator, data } = parsed.data.action
  const references = referencesOf(parsed.data, options)
  const meanings = meaningsOf(type, data, options)
  const said = meanings.length === 0 && references.length > 0 ? [{ type: 'link.added' } as const] : meanings
  if (said.length === 0) return ignored('this action says nothing for a chat message', eventId)
  const common = {
    eventId,
    occurredAt: parseTimestamp(date),
    actor: memberCreator?.username ?? undefined,
    object: data.card.id,
    messageIds: [],
    references,
  }
  return understood(...said.map((each) => ({ ...common, ...each })))
}

/** The webhook of a card carries the card as its model, with the description that most actions leave out. */
function referencesOf({ action, model }: Payload, { references }: Options): string[] {
  if (references === 'none') return []
  const { card, attachment, customFieldItem, text, action: comment } = action.data
  const own = model?.id === card.id ? model : undefined
  const file = action.type === 'addAttachmentToCard' ? attachment : undefined
  const comments = references === 'everyone' ? [text, comment?.text] : []
  const field = customFieldItem?.value?.text
  return referencesIn(card.name, card.desc, own?.name, own?.desc, file?.name, file?.url, field, ...comments)
}
