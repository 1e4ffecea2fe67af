import { secret } from '../support/factories.ts'
import { goodEvent } from './events.ts'
import { eitherWay, hmacHex, type Kinds, unsigned } from './sender.ts'

const brought = (marker: string) => `b537207f20cbfa02357cf448134da559${marker}`

/** Handshakes of strangers, and webhooks of kinds that know more than one way to prove who sends. */
export const strangersHandshakes: Kinds = {
  'a secret that nobody asked for': {
    statuses: [401],
    make(random, marker) {
      const source = random.pick(['asana', 'asana-without-secret', 'notion', 'notion-without-secret'])
      const body = random.pick([
        JSON.stringify({ verification_token: random.pick([brought(marker), marker, '', 7, [brought(marker)]]) }),
        '{}',
        '',
        goodEvent(random, marker),
      ])
      const given = random.pick([
        brought(marker),
        marker,
        '',
        ' ',
        brought(marker).repeat(200),
        `${brought(marker)}\u0000`,
      ])
      return eitherWay(random, unsigned(body, { url: `/webhooks/${source}`, headers: { 'x-hook-secret': given } }))
    },
  },

  'a signature of Asana or Notion that is off': {
    statuses: [401],
    make(random, marker) {
      const source = random.pick(['asana', 'notion'])
      const body = random.pick(['{"events":[]}', goodEvent(random, marker)])
      const digest = hmacHex(Buffer.from(body), random.pick([marker, '', `${secret} `]))
      const signature = random.pick([digest, `sha256=${digest}`, 'sha256=', '', marker])
      const headers = { 'x-hook-signature': signature, 'x-notion-signature': signature }
      return eitherWay(random, unsigned(body, { url: `/webhooks/${source}`, headers }))
    },
  },

  'a change notification that does not know the secret in every entry': {
    statuses: [401],
    make(random, marker) {
      const wrong = random.pick([marker, '', null, 7, [secret], secret.slice(1), `${secret} `, undefined])
      const entries = [{ clientState: secret }, { clientState: wrong }, { clientState: secret }]
      const value = random.pick<unknown>([entries, [entries[1]], [], {}, null, marker])
      const url = `/webhooks/msgraph${random.pick(['', '?', '?validationToken=', `?validationtoken=${marker}`])}`
      return eitherWay(random, unsigned(random.pick([JSON.stringify({ value }), `{"value":${marker}`, '']), { url }))
    },
  },

  'a handshake that is too long, or almost one': {
    statuses: [401],
    make(random, marker) {
      const [source, query, body] = random.pick([
        ['msgraph', `?validationToken=${marker.repeat(500)}`, ''],
        ['monday', '', JSON.stringify({ challenge: marker.repeat(500) })],
        ['monday', '', JSON.stringify({ challenge: marker, event: {} })],
        ['monday', '', JSON.stringify([{ challenge: marker }])],
        ['slack', '', JSON.stringify({ type: 'url_verification', challenge: marker })],
      ] as const)
      return eitherWay(random, unsigned(body, { url: `/webhooks/${source}${query}` }))
    },
  },

  'a handshake by a method that is not its own': {
    statuses: [405],
    make(random, marker) {
      const url = random.pick([
        `/webhooks/msgraph?validationToken=${marker}`,
        '/webhooks/cloudevents',
        '/webhooks/asana',
      ])
      const origin = random.pick(['', ' ', `${marker} b`, `${marker}\r\nx: y`, marker.repeat(100)])
      const headers = { 'webhook-request-origin': origin, 'x-hook-secret': brought(marker) }
      return eitherWay(random, unsigned('', { url, method: random.pick(['GET', 'HEAD', 'OPTIONS', 'PUT']), headers }))
    },
  },
}
