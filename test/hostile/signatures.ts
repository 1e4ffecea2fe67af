import { callback, message, slackSignature } from '../sources/slack/sender.ts'
import { apiEvent } from '../support/api-event.ts'
import { noon, secret } from '../support/factories.ts'
import { goodEvent } from './events.ts'
import type { Random } from './random.ts'
import {
  credentials,
  eitherWay,
  hmacHex,
  type Kinds,
  type Scheme,
  schemes,
  signed,
  signedByGithub,
  signedBySlack,
  standardWebhooksSignature,
  unsigned,
} from './sender.ts'

const nowSeconds = noon / 1000

/** A text that is nearly another: cut, lengthened, doubled, or with one character changed. */
export function nearly(random: Random, text: string, marker: string): string {
  const place = random.between(0, text.length - 1)
  const other = text[place] === 'a' ? 'b' : 'a'
  return random.pick([
    text.slice(0, place),
    text.slice(1),
    `${text}${random.word(1)}`,
    `${text},${text}`,
    `${text}, ${text}`,
    `"${text}"`,
    `${text}\0`,
    text.slice(0, place) + other + text.slice(place + 1),
    marker,
    `${text}${marker.repeat(random.between(1, 500))}`,
  ])
}

const handshake = (challenge: string) => ({ type: 'url_verification', challenge })

/** Requests that nobody who knows the secret sent like that. */
export const unproven: Kinds = {
  'no signature and no token': {
    statuses: [401],
    make(random, marker) {
      const empty = random.pick([undefined, '', ' ', '\t  '])
      const headers = { authorization: empty, 'x-signature-256': empty, 'webhook-signature': empty }
      const others = random.pick([
        {},
        { 'x-hub-signature-256': marker },
        { cookie: `secret=${marker}` },
        { 'webhook-id': marker },
      ])
      return eitherWay(random, unsigned(goodEvent(random, marker), { headers: { ...headers, ...others } }))
    },
  },

  'a bearer token that is off': {
    statuses: [401],
    make(random, marker) {
      const authorization = random.pick([
        `Bearer ${nearly(random, secret, marker)}`,
        `Bearer ${secret.toUpperCase()}`,
        `Bearer ${secret.slice('whsec_'.length)}`,
        `Bearer ${Buffer.from(secret).toString('base64')}`,
        `Basic ${Buffer.from(`anna:${secret}`).toString('base64')}`,
        `Token ${secret}`,
        `Bearer=${secret}`,
        `Bearer,${secret}`,
        `Bearer Bearer ${secret}`,
        'Bearer',
        'Bearer undefined',
        secret,
        ` ${marker}`,
        `Bearer ${'é'.repeat(random.between(1, 8000))}`,
      ])
      return eitherWay(random, unsigned(goodEvent(random, marker), { headers: { authorization } }))
    },
  },

  'an HMAC that is off': {
    statuses: [401],
    make(random, marker) {
      const body = goodEvent(random, marker)
      const bytes = Buffer.from(body)
      const hex = hmacHex(bytes)
      const signature = random.pick([
        `sha256=${nearly(random, hex, marker)}`,
        `sha1=${hmacHex(bytes, secret, 'sha1')}`,
        `sha256=${hmacHex(bytes, secret, 'sha512')}`,
        `sha256=${hmacHex(bytes, secret.slice('whsec_'.length))}`,
        `sha256=${hmacHex(bytes, '')}`,
        `sha256=${hmacHex(Buffer.from(`${body} `))}`,
        `sha256=${Buffer.from(hex, 'hex').toString('base64')}`,
        `sha256=sha256=${hex}`,
        `SHA512=${hex}`,
        'sha256=',
        'sha256',
        '=',
        hex,
      ])
      return eitherWay(random, unsigned(body, { headers: { 'x-signature-256': signature } }))
    },
  },

  'a Standard Webhooks signature that is off': {
    statuses: [401],
    make(random, marker) {
      const body = goodEvent(random, marker)
      const bytes = Buffer.from(body)
      const id = random.pick(['msg_1', marker])
      const timestamp = `${nowSeconds}`
      const good = standardWebhooksSignature(bytes, { id, timestamp })
      const base64 = good.slice('v1,'.length)
      const signature = random.pick([
        `v1,${nearly(random, base64, marker)}`,
        `v2,${base64}`,
        `v1a,${base64}`,
        `V1,${base64}`,
        `v1=${base64}`,
        base64,
        'v1,',
        'v1, v1,',
        `v1,${'A'.repeat(43)}=`,
        `v1,${Buffer.from(base64, 'base64').toString('hex')}`,
        standardWebhooksSignature(bytes, { id: `${id}.`, timestamp }),
        standardWebhooksSignature(bytes, { id, timestamp: `${nowSeconds + 1}` }),
        standardWebhooksSignature(Buffer.from(`${body} `), { id, timestamp }),
        standardWebhooksSignature(bytes, { id, timestamp, key: Buffer.from(secret).toString('base64') }),
        standardWebhooksSignature(bytes, { id, timestamp, key: '' }),
        'v1, '.repeat(random.between(1, 200)),
      ])
      const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
      return eitherWay(random, unsigned(body, { headers }))
    },
  },

  'a signed timestamp that is stale, in the future, or no time': {
    statuses: [401],
    make(random, marker) {
      const body = goodEvent(random, marker)
      const timestamp = random.pick([
        `${nowSeconds - 301}`,
        `${nowSeconds + 301}`,
        `${nowSeconds - random.between(301, 1e9)}`,
        `${nowSeconds + random.between(301, 1e10)}`,
        `${noon}`,
        `${nowSeconds}.5`,
        `${nowSeconds}.0`,
        `-${nowSeconds}`,
        `+${nowSeconds}`,
        `0x${nowSeconds.toString(16)}`,
        `${nowSeconds / 10}e1`,
        `${nowSeconds},${nowSeconds}`,
        `${nowSeconds}n`,
        '0',
        'NaN',
        'Infinity',
        '1e999',
        'now',
        new Date(noon).toISOString(),
        '9'.repeat(random.between(13, 3000)),
        marker,
      ])
      const id = 'msg_1'
      const signature = standardWebhooksSignature(Buffer.from(body), { id, timestamp })
      const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
      return eitherWay(random, unsigned(body, { headers }))
    },
  },

  'Standard Webhooks with a header missing, empty or repeated': {
    statuses: [401],
    make(random, marker) {
      const body = goodEvent(random, marker)
      const headers = credentials('standard-webhooks', Buffer.from(body))
      const name = random.pick(['webhook-id', 'webhook-timestamp', 'webhook-signature'])
      const value = headers[name]
      const spoiled = random.pick([undefined, '', '  ', `${value},${value}`, `${value}, ${marker}`])
      return eitherWay(random, unsigned(body, { headers: { ...headers, [name]: spoiled } }))
    },
  },

  'one proof that holds beside one that does not': {
    statuses: [401],
    make(random, marker) {
      const body = goodEvent(random, marker)
      const bytes = Buffer.from(body)
      const holding = random.pick(schemes)
      const failing = random.pick(schemes.filter((scheme) => scheme !== holding))
      const headers = { ...credentials(holding, bytes), ...credentials(failing, bytes, 'd3Jvbmc=') }
      return eitherWay(random, unsigned(body, { headers }))
    },
  },

  'a body that is not the one that was signed': {
    statuses: [401],
    make(random, marker) {
      const bytes = Buffer.from(goodEvent(random, marker))
      const scheme = random.pick(['hmac', 'standard-webhooks', 'github'] as const)
      const request =
        scheme === 'github' ? signedByGithub(bytes) : unsigned(bytes, { headers: credentials(scheme, bytes) })
      const changed = Buffer.from(bytes)
      const place = random.between(0, bytes.length - 1)
      changed[place] = ((changed[place] ?? 0) + random.between(1, 255)) % 256
      const body = random.pick([
        changed,
        bytes.subarray(0, place),
        Buffer.concat([bytes, random.bytes(1)]),
        Buffer.alloc(0),
      ])
      return apiEvent({ ...request, body })
    },
  },

  'another proof than the one that the source is pinned to': {
    statuses: [401],
    make(random, marker) {
      const pinned = random.pick(schemes)
      const others = schemes.filter((scheme): scheme is Scheme => scheme !== pinned)
      const body = goodEvent(random, marker)
      const headers = Object.assign({}, ...others.map((scheme) => credentials(scheme, Buffer.from(body))))
      return eitherWay(random, unsigned(body, { url: `/webhooks/pinned-${pinned}`, headers }))
    },
  },

  'whatever proof, for a source that has no usable secret or wrong options': {
    statuses: [401],
    make(random, marker) {
      const body = goodEvent(random, marker)
      const key = random.pick([secret, '', marker, 'undefined', 'null', 'whsec_'])
      const headers = credentials(random.pick(schemes), Buffer.from(body), key)
      const hub = { 'x-hub-signature-256': `sha256=${hmacHex(Buffer.from(body), key)}` }
      const name = random.pick([
        'no-secret',
        'empty-secret',
        'wrong-options',
        'github-without-secret',
        'slack-without-secret',
      ])
      const proofs = { ...headers, ...hub, ...slackSignature(body, { key }) }
      return eitherWay(random, unsigned(body, { url: `/webhooks/${name}`, headers: proofs }))
    },
  },

  'a GitHub signature that is off': {
    statuses: [401],
    make(random, marker) {
      const body = `{"action":"closed","issue":{"number":1,"title":"${marker}","labels":[{"name":"chatroom-message:42"}]}}`
      const bytes = Buffer.from(body)
      const signature = random.pick([
        `sha256=${nearly(random, hmacHex(bytes), marker)}`,
        `sha1=${hmacHex(bytes, secret, 'sha1')}`,
        `sha256=${hmacHex(bytes, marker)}`,
        `sha256=${hmacHex(bytes, '')}`,
        hmacHex(bytes),
        'sha256=',
        '',
        ' ',
        undefined,
      ])
      // GitHub's older header proves nothing here, nor does what another kind of source takes.
      const others = random.pick([
        {},
        { 'x-hub-signature': `sha1=${hmacHex(bytes, secret, 'sha1')}` },
        credentials(random.pick(schemes), bytes),
      ])
      return eitherWay(random, signedByGithub(bytes, { headers: { ...others, 'x-hub-signature-256': signature } }))
    },
  },

  'a Slack signature that is off': {
    statuses: [401],
    make(random, marker) {
      const body = JSON.stringify(random.pick([handshake(marker), callback(message(`${marker} chatroom_message/42`))]))
      const good = slackSignature(body)
      const hex = `${good['x-slack-signature']}`.slice('v0='.length)
      const signature = random.pick([
        `v0=${nearly(random, hex, marker)}`,
        `v1=${hex}`,
        `V0=${hex}`,
        `sha256=${hmacHex(Buffer.from(body))}`,
        `v0=${hmacHex(Buffer.from(body))}`,
        `v0=${hmacHex(Buffer.from(`v0:${nowSeconds + 1}:${body}`))}`,
        `v0=${hmacHex(Buffer.from(`v0${nowSeconds}${body}`))}`,
        slackSignature(body, { key: '' })['x-slack-signature'],
        slackSignature(body, { key: marker })['x-slack-signature'],
        slackSignature(`${body} `)['x-slack-signature'],
        'v0=',
        hex,
        ' ',
        undefined,
      ])
      const others = random.pick([{}, credentials(random.pick(schemes), Buffer.from(body))])
      return eitherWay(random, signedBySlack(body, { headers: { ...others, 'x-slack-signature': signature } }))
    },
  },

  'a timestamp of Slack’s that is stale, in the future, no time, or missing': {
    statuses: [401],
    make(random, marker) {
      const body = JSON.stringify(random.pick([handshake(marker), callback(message('chatroom_message/42'))]))
      const timestamp = random.pick([
        `${nowSeconds - random.between(301, 1e9)}`,
        `${nowSeconds + random.between(301, 1e10)}`,
        `${noon}`,
        `${nowSeconds}.0`,
        `-${nowSeconds}`,
        `${nowSeconds}:`,
        '',
        'NaN',
        '1e999',
        '9'.repeat(random.between(13, 3000)),
        marker,
      ])
      return eitherWay(random, signedBySlack(body, { headers: slackSignature(body, { timestamp }) }))
    },
  },

  'a body that is not what its base64 flag says': {
    statuses: [400, 401, 422],
    make(random, marker) {
      const event = eitherWay(random, signed(random, goodEvent(random, marker)))
      const lie = { ...event, isBase64Encoded: !event.isBase64Encoded }
      if (random.chance(0.8)) return lie
      const { body: _, ...bodiless } = event
      return bodiless
    },
  },
}
