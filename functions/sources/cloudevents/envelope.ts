import * as z from 'zod'
import { readJson } from '../common/parse-json.ts'
import { header, type WebhookRequest } from '../source.ts'

/** The attributes that may fill in the fields of an event of ours (CloudEvents 1.0, "Context Attributes"). */
const Envelope = z.looseObject({
  specversion: z.string().regex(/^1\./),
  id: z.unknown(),
  type: z.unknown(),
  subject: z.unknown().optional(),
  time: z.unknown().optional(),
  data: z.unknown().optional(),
  data_base64: z.unknown().optional(),
})

/**
 * Takes an event of ours out of a CloudEvents 1.0 envelope, where there is one: in JSON (structured or batched) or in `ce-`
 * headers. The envelope's id, type, subject (the chat message) and time fill in what the event itself leaves out.
 * @returns the event, or the payload as it is when there is no envelope
 */
export function unwrapCloudEvent(payload: unknown, request: WebhookRequest): unknown {
  const structured = Envelope.safeParse(payload)
  if (structured.success) return event(structured.data, dataOf(structured.data))
  const binary = Envelope.safeParse(attributesIn(request))
  return binary.success ? event(binary.data, payload) : payload
}

function event(envelope: z.infer<typeof Envelope>, data: unknown): unknown {
  const own = z.looseObject({}).safeParse(data)
  const { id, type, subject, time } = envelope
  return { id, type, messageId: subject, occurredAt: time, ...(own.success && own.data) }
}

/** The data of an envelope. Binary data comes in base64 (CloudEvents' JSON format §3.1.1). */
export function dataOf({ data, data_base64 }: { data?: unknown; data_base64?: unknown }): unknown {
  return typeof data_base64 === 'string' ? readJson(Buffer.from(data_base64, 'base64')) : data
}

/** The attributes of the binary mode, from `ce-` headers. */
export function attributesIn(request: WebhookRequest) {
  const attribute = (name: string) => decoded(header(request, `ce-${name}`))
  return {
    specversion: attribute('specversion'),
    id: attribute('id'),
    source: attribute('source'),
    type: attribute('type'),
    subject: attribute('subject'),
    time: attribute('time'),
  }
}

/** Header values may be quoted, and are percent-encoded (CloudEvents HTTP binding §3.1.3.2). */
function decoded(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const written = /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value
  try {
    return decodeURIComponent(written)
  } catch {
    return written
  }
}
