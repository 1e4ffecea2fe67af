import { hash } from 'node:crypto'
import type * as z from 'zod'
import { bounds } from '../../state/changes.ts'
import { unwrapCloudEvent } from '../cloudevents/envelope.ts'
import {
  type FieldError,
  header,
  type Interpretation,
  type InterpretContext,
  type NormalizedEvent,
  type Source,
  sourceOptions,
  understood,
  type WebhookRequest,
} from '../source.ts'
import { addressingErrors, addressingOptions, toNormalizedEvent } from './addressing.ts'
import { authenticateGeneric, authenticationOptions, checkAuthentication } from './authentication.ts'
import { readGenericEvent } from './event.ts'

const Options = sourceOptions('generic', ['completed', 'reaction', 'text', 'attachment'])
  .extend({ ...authenticationOptions, ...addressingOptions })
  .superRefine(checkAuthentication)
type Options = z.infer<typeof Options>

/** A sender mends a mistake that it makes everywhere in one place: more errors would only make the answer longer. */
const mostErrors = 20

/** What any home-made system sends: our own event, one or an array, signed in one of three ways. */
export const generic: Source<Options> = { options: Options, authenticate: authenticateGeneric, interpret }

function interpret(
  json: unknown,
  request: WebhookRequest,
  options: Options,
  context: InterpretContext,
): Interpretation {
  const isArray = Array.isArray(json)
  const happenings: NormalizedEvent[] = []
  const errors: FieldError[] = []
  for (const [index, item] of (isArray ? json : [json]).entries()) {
    const at = isArray ? [index] : []
    const parsed = readGenericEvent(unwrapCloudEvent(item, request), at, { bounded: true })
    const failures = 'errors' in parsed ? parsed.errors : addressingErrors(parsed.event, context.path, at)
    errors.push(...failures)
    if (errors.length >= mostErrors) break
    if ('errors' in parsed || failures.length > 0) continue
    const { id, occurredAt } = parsed.event
    const place = isArray ? index : undefined
    const eventId = id ?? signedId(request, options, place) ?? derivedId(item, occurredAt, place, context)
    happenings.push(toNormalizedEvent(parsed.event, eventId, options))
  }
  return errors.length > 0 ? { kind: 'invalid', errors } : understood(...happenings)
}

/** The id of an event that its sender gave none, where the delivery was signed and has one. */
function signedId(
  request: WebhookRequest,
  { signatureHeader, idHeader }: Options,
  index: number | undefined,
): string | undefined {
  const declared = idHeader && header(request, signatureHeader) && header(request, idHeader)
  const delivery = declared || (header(request, 'webhook-signature') && header(request, 'webhook-id'))
  if (!delivery) return undefined
  const id = index === undefined ? delivery : `${delivery}/${index}`
  return id.length <= bounds.name ? id : digest([id])
}

/** Else it is what it says when it says when; an event with neither can't be told from the same thing happening once more, and counts as that. */
function derivedId(
  item: unknown,
  occurredAt: string | undefined,
  index: number | undefined,
  { now }: InterpretContext,
): string {
  return occurredAt === undefined ? digest([now.getTime(), index ?? 0, item]) : digest([item])
}

function digest(parts: unknown[]): string {
  return `evt_${hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 22)}`
}
