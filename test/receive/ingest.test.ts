import { describe, expect, it } from 'vitest'
import { createIngest, type IngestDependencies } from '../../functions/ingest/ingest.ts'
import { decode } from '../../functions/state/queue-message.ts'
import { createLog } from '../../local/logging/logfmt.ts'
import { apiEvent } from '../support/api-event.ts'
import { noon, secret, webhook } from '../support/factories.ts'

function ingestUnderTest(given: Partial<IngestDependencies> = {}) {
  const sent: string[] = []
  const lines: string[] = []
  const ingest = createIngest({
    sources: new Map([['generic', { name: 'generic', kind: 'generic' }]]),
    secrets: { of: async () => [secret] },
    queue: { send: async (body) => void sent.push(body) },
    clock: () => noon,
    log: createLog((line) => lines.push(line)),
    ...given,
  })
  return { ingest, sent, lines }
}

describe('ingest', () => {
  it('puts all that one request asks for on the queue as one message, before it answers 202', async () => {
    const { ingest, sent } = ingestUnderTest()
    const events = [1, 2, 3].map((messageId) => ({ id: `e${messageId}`, type: 'done', messageId }))
    expect(await ingest(apiEvent(webhook(events)))).toMatchObject({ statusCode: 202 })
    expect(sent).toHaveLength(1)
    expect(decode(sent[0] ?? '')).toMatchObject({
      message: {
        kind: 'updates',
        updates: [{ messageId: '1', position: 0 }, { position: 1 }, { messageId: '3', position: 2 }],
      },
    })
  })

  it('puts nothing on the queue for a request that asks for nothing', async () => {
    const { ingest, sent } = ingestUnderTest()
    expect(await ingest(apiEvent(webhook([])))).toMatchObject({ statusCode: 200 })
    expect(sent).toEqual([])
  })

  it('answers 503, and when to come again, while the queue refuses', async () => {
    const { ingest } = ingestUnderTest({ queue: { send: () => Promise.reject(new Error('disk full')) } })
    expect(await ingest(apiEvent(webhook({ type: 'done', messageId: 1 })))).toMatchObject({
      statusCode: 503,
      headers: { 'content-type': 'application/problem+json', 'retry-after': '5' },
    })
  })

  it('answers 503 while the secrets can not be read', async () => {
    const { ingest } = ingestUnderTest({ secrets: { of: () => Promise.reject(new Error('tiptop')) } })
    const { statusCode, body } = await ingest(apiEvent(webhook({ type: 'done', messageId: 1 })))
    expect(statusCode).toBe(503)
    expect(body).not.toContain('tiptop')
  })

  it('looks past the cache for a secret that is newer than it, once', async () => {
    const asked: boolean[] = []
    const secrets = {
      of: async (_: string, { fresh = false } = {}) => {
        asked.push(fresh)
        return fresh ? [secret] : ['old']
      },
    }
    const { ingest } = ingestUnderTest({ secrets })
    expect(await ingest(apiEvent(webhook({ type: 'done', messageId: 1 })))).toMatchObject({ statusCode: 202 })
    expect(asked).toEqual([false, true])
  })

  it('takes a body as API Gateway hands it over: as text, or as base64', async () => {
    const { ingest, sent } = ingestUnderTest()
    const request = webhook({ id: 'e', type: 'react', emoji: '👍🏽', messageId: 1 })
    for (const asText of [true, false])
      expect(await ingest(apiEvent(request, { asText }))).toMatchObject({ statusCode: 202 })
    expect(sent[0]).toBe(sent[1])
  })

  it('says how it is, and nothing else, to whoever asks', async () => {
    const { ingest } = ingestUnderTest()
    const health = apiEvent({ method: 'GET', url: '/health', headers: {}, body: new Uint8Array() })
    expect(await ingest(health)).toEqual({
      statusCode: 200,
      headers: { 'content-type': 'application/json' },
      body: '{"status":"ok"}',
    })
  })

  it('logs one line per request, with ids only, and no id can write a line of its own', async () => {
    const { ingest, lines } = ingestUnderTest()
    const event = { id: 'e\n2026-11-22 attempt', type: 'edit', messageId: 1, text: 'confidential', actor: 'anna' }
    await ingest(apiEvent(webhook(event, { url: '/webhooks/generic?token=hidden' })))
    await ingest(apiEvent(webhook('{"confidential', { headers: { 'x-other': 'hidden' } })))
    expect(lines).toHaveLength(2)
    for (const line of lines) expect(line).not.toMatch(/\n|confidential|hidden|whsec/)
    expect(lines[0]).toMatch(/ webhook source=generic status=202 ids="e\\n2026-11-22 attempt" ms=0$/)
  })
})
