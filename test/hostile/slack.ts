import { callback, edit, message, reaction } from '../sources/slack/sender.ts'
import { jsonValue, type Random } from './random.ts'
import { eitherWay, type Kinds, signedBySlack } from './sender.ts'

const reference = 'chatroom_message/42'
const signedJson = (random: Random, payload: unknown, url = '/webhooks/slack') =>
  eitherWay(random, signedBySlack(JSON.stringify(payload), { url }))

/** What Slack signed and what asks for nothing, or for no chat message by name, all the same. */
export const nothingForChat: Kinds = {
  'any JSON value from Slack': {
    statuses: [200],
    make: (random, marker) => signedJson(random, random.chance(0.2) ? [] : jsonValue(random, marker)),
  },

  'any JSON value as Slack’s event': {
    statuses: [200],
    make: (random, marker) => signedJson(random, callback({ event: jsonValue(random, marker) })),
  },

  'an event of Slack’s with a wrong type in a field': {
    statuses: [200],
    make(random, marker) {
      const wrong = random.pick([{ [marker]: 1 }, [marker], [[]], 4.2, true])
      const spoil = (...fields: string[]) => ({ [random.pick(fields)]: wrong })
      const payload = random.pick([
        callback(reaction(spoil('type', 'user', 'reaction', 'item', 'event_ts'))),
        callback(reaction({ item: { type: 'message', channel: 'C1', ts: '1.2', ...spoil('type', 'channel', 'ts') } })),
        callback(message(reference, spoil('type', 'subtype', 'channel', 'ts', 'user', 'text', 'event_ts'))),
        callback(message(reference, { attachments: random.pick([marker, [marker], [null], wrong]) })),
        callback({ ...edit(reference, ''), message: random.pick([wrong, marker, {}, null]) }),
        callback(edit(reference, '', spoil('ts', 'user', 'text'))),
        callback(edit(reference, '', { edited: { user: wrong } })),
        callback(reaction(), spoil('type', 'event_id', 'event')),
        callback(reaction(), { event_id: random.pick(['', marker + 'x'.repeat(300), null]) }),
        { type: 'url_verification', challenge: random.pick([wrong, null, marker.repeat(200)]) },
      ])
      return signedJson(random, payload)
    },
  },

  'words of others in a message of Slack’s': {
    statuses: [200],
    make(random, marker) {
      const words = {
        from_url: random.pick(['https://x.example', marker, null]),
        title: reference,
        text: reference,
        blocks: [{ text: reference }],
      }
      const given = { attachments: Array(random.between(1, 4)).fill(words) }
      const text = `${marker} chat 42`
      return signedJson(random, callback(random.pick([message(text, given), edit(text, text, given)])))
    },
  },

  'a reaction of Slack’s, whoever gave it': {
    statuses: [202],
    asksOnly: 'objectUpdates',
    make(random) {
      const user = random.pick(['U1', reference, random.text(20)]) || 'U1'
      const item_user = random.pick([reference, undefined, 7])
      const item = {
        type: 'message',
        channel: `C${random.text(8)}`,
        ts: random.pick([reference, '1.2', random.text(9)]) || '1',
      }
      return signedJson(random, callback(reaction({ user, item_user, item })))
    },
  },

  'a reaction whose name is no emoji’s': {
    statuses: [200],
    make(random, marker) {
      const name = random.pick([
        marker,
        '__proto__',
        'toString',
        '+1::skin-tone-9',
        '+1::',
        '::',
        random.text(20),
        '👍',
      ])
      return signedJson(random, callback(reaction({ reaction: name })))
    },
  },

  'what Slack says beyond the bounds': {
    statuses: [200],
    make(random, marker) {
      const long = marker + 'x'.repeat(random.between(300, 3000))
      const item = { type: 'message', channel: 'C1', ts: '1.2' }
      const event = random.pick([
        reaction({ user: long }),
        reaction({ item: { ...item, channel: long } }),
        reaction({ item: { ...item, ts: long } }),
        reaction({ event_ts: '999999999999.9' }),
        message(reference, { channel: long }),
        message(reference, { event_ts: '999999999999' }),
      ])
      return signedJson(random, callback(event))
    },
  },

  'blocks of Slack’s without an end': {
    statuses: [202, 400],
    mayQueue: true,
    count: 300,
    make(random) {
      const levels = random.pick([random.between(2, 300), random.between(300, 40_000)])
      const blocks = `${'[{"elements":'.repeat(levels)}"${reference}"${'}]'.repeat(levels)}`
      const body = JSON.stringify(callback(message(reference, { blocks: 'HERE' }))).replace('"HERE"', blocks)
      return eitherWay(random, signedBySlack(body))
    },
  },

  'a path segment of Slack’s that is no chat message': {
    statuses: [200],
    make(random, marker) {
      const segment = random.pick([
        '%',
        '%00',
        '..',
        'a b',
        '%2F',
        '💥',
        `${marker}!`,
        '4'.repeat(random.between(65, 3000)),
      ])
      const event = random.pick([reaction(), message(reference), edit(reference, '')])
      return signedJson(random, callback(event), `/webhooks/slack/${segment}`)
    },
  },
}

/** What Slack signed and what is no JSON. */
export const noJsonFromSlack: Kinds = {
  'JSON of Slack’s that is cut off': {
    statuses: [400],
    make(random) {
      const body = JSON.stringify(callback(message(reference)))
      return eitherWay(random, signedBySlack(body.slice(0, random.between(0, body.length - 1))))
    },
  },

  'Slack’s forms and other content types': {
    statuses: [415],
    make(random, marker) {
      const type = random.pick([
        'application/x-www-form-urlencoded',
        'text/plain',
        'multipart/form-data',
        marker,
        '',
        undefined,
      ])
      const body = random.pick([`payload=${encodeURIComponent(JSON.stringify(callback(reaction())))}`, marker, ''])
      return eitherWay(random, signedBySlack(body, { headers: { 'content-type': type } }))
    },
  },
}
