import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import { readSettings } from '../../../functions/settings/settings.ts'
import { generic } from '../../../functions/sources/generic/adapter.ts'
import { context, noon, secret, webhook } from '../../support/factories.ts'

type Options = Record<string, unknown>
const hmacOf = (algorithm: string, key: string | Buffer, text: string) => createHmac(algorithm, key).update(text)

/** The status that a request gets from a generic source with these options: 401 unless its signature holds. */
async function statusOf(
  body: string,
  headers: Record<string, string>,
  options: Options,
  given: { secrets?: string[]; now?: Date } = {},
) {
  const request = webhook(body, { headers: { authorization: '', ...headers } })
  return (await receive(request, { name: 'shop', kind: 'generic', ...options }, context(given))).response.status
}

/** Each with a body that is no event of ours: 422 or 400 says that the signature held. */
const published: { name: string; options: Options; key: string; body: string; headers: Record<string, string> }[] = [
  {
    // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    name: 'GitHub',
    options: { signatureHeader: 'X-Hub-Signature-256' },
    key: "It's a Secret to Everybody",
    body: 'Hello, World!',
    headers: {
      'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    },
  },
  {
    // https://developer.atlassian.com/cloud/jira/platform/webhooks/
    name: 'Jira',
    options: { signatureHeader: 'X-Hub-Signature' },
    key: "It's a Secret to Everybody",
    body: 'Hello World!',
    headers: { 'x-hub-signature': 'sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9' },
  },
  {
    // https://docs.slack.dev/authentication/verifying-requests-from-slack
    name: 'Slack',
    options: {
      signatureHeader: 'X-Slack-Signature',
      signaturePrefix: 'v0=',
      signedText: 'v0:{timestamp}:{body}',
      timestampHeader: 'X-Slack-Request-Timestamp',
    },
    key: '8f742231b10e8888abcd99yyyzzz85a5',
    body: [
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar',
      '&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com',
      '%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN',
      '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
    ].join(''),
    headers: {
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    },
  },
  {
    // https://github.com/standard-webhooks/standard-webhooks, its libraries' tests
    name: 'Standard Webhooks',
    options: {
      authentication: 'hmac',
      signatureHeader: 'webhook-signature',
      signaturePrefix: 'v1,',
      signatureSeparator: ' ',
      encoding: 'base64',
      secretEncoding: 'base64',
      signedText: '{id}.{timestamp}.{body}',
      timestampHeader: 'webhook-timestamp',
      idHeader: 'webhook-id',
    },
    key: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    body: '{"test": 2432232314}',
    headers: {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1a,xx v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
  },
  // RFC 2202 and RFC 4231, test case 2
  ...[
    ['sha1', 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
    ['sha256', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
    [
      'sha512',
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    ],
  ].map(([algorithm, digest]) => ({
    name: `${algorithm} of the RFCs`,
    options: { algorithm },
    key: 'Jefe',
    body: 'what do ya want for nothing?',
    headers: { 'x-signature-256': `${algorithm}=${digest}` },
  })),
]

describe('a scheme that settings declare', () => {
  it.each(published)('reproduces what is published: $name', async ({ options, key, body, headers }) => {
    const stamp = headers['x-slack-request-timestamp'] ?? headers['webhook-timestamp']
    const now = new Date(stamp ? Number(stamp) * 1000 : noon)
    const status = (secrets: string[], given = body, others = {}) =>
      statusOf(given, { ...headers, ...others }, options, { secrets, now })
    expect([400, 422]).toContain(await status(['older', key]))
    expect(await status(['another'])).toBe(401)
    expect(await status([key], `${body} `)).toBe(401)
    for (const name of Object.keys(headers)) expect(await status([key], body, { [name]: ' ' })).toBe(401)
  })

  const event = JSON.stringify({ type: 'done', messageId: 42, id: 'größer' })

  it('is Shopify’s: base64 without a prefix, and the delivery’s id in a header', async () => {
    const options = {
      signatureHeader: 'X-Shopify-Hmac-Sha256',
      encoding: 'base64',
      idHeader: 'X-Shopify-Webhook-Id',
    }
    const signature = hmacOf('sha256', secret, event).digest('base64')
    const headers = { 'x-shopify-hmac-sha256': signature, 'x-shopify-webhook-id': 'b54557e4-bdd9-4b37' }
    expect(await statusOf(event, headers, options)).toBe(202)
    expect(await statusOf(event, { ...headers, 'x-shopify-hmac-sha256': `sha256=${signature}` }, options)).toBe(401)
    expect(await statusOf(event, { ...headers, 'x-shopify-hmac-sha256': signature.toLowerCase() }, options)).toBe(401)
  })

  describe('is Stripe’s: timestamp and signatures in one header', () => {
    const options = {
      signatureHeader: 'Stripe-Signature',
      signaturePrefix: 'v1=',
      signatureSeparator: ',',
      signedText: '{timestamp}.{body}',
      timestampHeader: 'Stripe-Signature',
      timestampPrefix: 't=',
      tolerance: 60,
    }
    const digest = (seconds: number, key = secret) =>
      hmacOf('sha256', key, `${noon / 1000 + seconds}.${event}`).digest('hex')
    const send = (value: string) => statusOf(event, { 'stripe-signature': value }, options)
    const t = noon / 1000

    it('holds with any signature of the version', async () => {
      expect(await send(`t=${t},v1=${digest(0)},v0=${digest(0, 'x')}`)).toBe(202)
      expect(await send(`t=${t}, v1=${digest(0, 'rolled')}, v1=${digest(0)}`)).toBe(202)
      expect(await send(`t=${t},v0=${digest(0)}`)).toBe(401)
    })

    it('holds for as long as its tolerance, with the time that is signed', async () => {
      expect(await send(`t=${t - 60},v1=${digest(-60)}`)).toBe(202)
      expect(await send(`t=${t + 60},v1=${digest(60)}`)).toBe(202)
      expect(await send(`t=${t - 61},v1=${digest(-61)}`)).toBe(401)
      expect(await send(`t=${t + 61},v1=${digest(61)}`)).toBe(401)
      expect(await send(`t=${t},v1=${digest(-61)}`)).toBe(401)
      expect(await send(`v1=${digest(0)}`)).toBe(401)
    })
  })

  it('may stamp in milliseconds', async () => {
    const options = { signedText: '{body}|{timestamp}', timestampHeader: 'x-time', timestampUnit: 'milliseconds' }
    const send = (time: number) => {
      const digest = hmacOf('sha256', secret, `${event}|${time}`).digest('hex')
      return statusOf(event, { 'x-time': `${time}`, 'x-signature-256': `sha256=${digest}` }, options)
    }
    expect(await send(noon - 300_000)).toBe(202)
    expect(await send(noon - 300_001)).toBe(401)
    expect(await send(noon / 1000)).toBe(401)
  })

  it('takes what a header says as text, never as a part of the template', async () => {
    const options = { signedText: '{id}.{body}', idHeader: 'x-id' }
    const digest = hmacOf('sha256', secret, `{body}{timestamp}$&.${event}`).digest('hex')
    const headers = { 'x-id': '{body}{timestamp}$&', 'x-signature-256': `sha256=${digest}` }
    expect(await statusOf(event, headers, options)).toBe(202)
    expect(await statusOf(event, { ...headers, 'x-id': 'another' }, options)).toBe(401)
  })

  it('names the event by the delivery’s id where it gave none', async () => {
    const body = '{"type":"done","messageId":42}'
    const source = { name: 'shop', kind: 'generic', idHeader: 'x-id' }
    const eventId = async (headers: Record<string, string>) => {
      const request = webhook(body, { headers: { 'x-id': 'd-1', ...headers } })
      return (await receive(request, source, context())).events[0]?.eventId
    }
    const signature = `sha256=${hmacOf('sha256', secret, body).digest('hex')}`
    expect(await eventId({ 'x-signature-256': signature })).toBe('d-1')
    expect(await eventId({})).toMatch(/^evt_/)
  })

  it('refuses by what is expected, and never says the secret or the right signature', async () => {
    const request = webhook(event, { headers: { authorization: '', 'x-sign': 'nonsense' } })
    const options = { signatureHeader: 'x-sign', signaturePrefix: '', algorithm: 'sha512', encoding: 'base64' }
    const { response } = await receive(request, { name: 'shop', kind: 'generic', ...options }, context())
    expect(JSON.parse(response.body ?? '')).toMatchObject({
      status: 401,
      detail: 'x-sign does not match: expected the base64 HMAC-SHA512 of the raw body.',
    })
  })
})

describe('the options of an HMAC scheme', () => {
  it('are as they were where none is given', () => {
    expect(generic.options.parse({ name: 'g', kind: 'generic' })).toMatchObject({
      signatureHeader: 'x-signature-256',
      algorithm: 'sha256',
      encoding: 'hex',
      signedText: '{body}',
    })
  })

  it.each([
    [{ algorithm: 'md5' }, 'algorithm: Invalid option: expected one of "sha1"|"sha256"|"sha512"'],
    [{ encoding: 'base32' }, 'encoding: Invalid option: expected one of "hex"|"base64"'],
    [{ signatureHeader: 'x signature' }, 'signatureHeader: expected the name of a header'],
    [{ signedText: 'v0' }, 'signedText: expected {body} once: anybody can change what is not signed'],
    [{ signedText: '{body}{body}' }, 'signedText: expected {body} once: anybody can change what is not signed'],
    [{ signedText: '{url}{body}' }, 'signedText: {url} is not known; expected {body}, {timestamp} and {id}'],
    [{ signedText: '{timestamp}.{body}' }, 'timestampHeader: expected the header of {timestamp}'],
    [{ signedText: '{id}.{body}' }, 'idHeader: expected the header of {id}'],
    [
      { timestampHeader: 'x-time' },
      'timestampHeader: expected {timestamp} in signedText: a timestamp that is not signed proves nothing',
    ],
    [{ tolerance: 60 }, 'tolerance: expected a timestamp with it: timestampHeader, and {timestamp} in signedText'],
    [
      { timestampUnit: 'seconds' },
      'timestampUnit: expected a timestamp with it: timestampHeader, and {timestamp} in signedText',
    ],
    [
      { signatureHeader: 'Authorization' },
      'signatureHeader: expected authentication hmac with it: authorization may carry another proof',
    ],
    [{ singedText: '{body}' }, 'singedText: there is no such setting'],
  ])('%j is refused with a sentence', (options, sentence) => {
    const SOURCES = { shop: { kind: 'generic', ...options } }
    expect(() => readSettings({ SOURCES }, 'one machine')).toThrow(`SOURCES: shop: ${sentence}`)
  })

  it('refuse everything that comes to a source where they are wrong', async () => {
    expect(await statusOf('{}', { authorization: `Bearer ${secret}` }, { signedText: '' })).toBe(401)
  })
})
