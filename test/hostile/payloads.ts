import { bodyLimit } from '../../functions/receive/receive.ts'
import { apiEvent } from '../support/api-event.ts'
import { goodEvent, goodFields, oversized, spoiled } from './events.ts'
import { jsonValue, type Random } from './random.ts'
import { eitherWay, type Kinds, signed, unsigned } from './sender.ts'

/** One byte more than a body may have. */
const tooLong = Buffer.alloc(bodyLimit + 1, '[')

/** Nesting is deep for a recursive reader from some thousands on; a reader that isn't must not be led further. */
const depth = (random: Random) =>
  random.pick([random.between(2, 300), random.between(300, 4000), random.between(2, 40_000)])

/** A lone half of a surrogate pair, as JSON may escape it. */
const half = (random: Random) => String.fromCharCode(random.between(0xd800, 0xdfff))

/** Bodies that are no JSON, too much, or of another type; all but the too long ones are signed. */
export const noJson: Kinds = {
  'another content type than JSON, over a good event': {
    statuses: [415],
    make(random, marker) {
      const type = random.pick([
        undefined,
        '',
        'text/plain',
        'text/html; application/json',
        'application/jsonx',
        'application/x-json',
        'application/json,application/json',
        'application/json, text/plain',
        'application/+json',
        'application/',
        'json',
        '*/*',
        'application/octet-stream',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/json\0',
        marker,
        `application/${random.text(20)}`,
        `application/${'a+'.repeat(random.between(1, 5000))}`,
      ])
      return eitherWay(random, signed(random, goodEvent(random, marker), { headers: { 'content-type': type } }))
    },
  },

  'random bytes': {
    statuses: [400],
    make: (random) =>
      apiEvent(
        signed(
          random,
          Buffer.concat([Buffer.from([random.between(0x80, 0xff)]), random.bytes(random.between(0, 200))]),
        ),
      ),
  },

  'bytes around a good event that no UTF-8 and no JSON has': {
    statuses: [400],
    make(random, marker) {
      const alien = Buffer.from(
        random.pick([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80], [0], [0xfe, 0xff], [0x1f, 0x8b]]),
      )
      const event = Buffer.from(goodEvent(random, marker))
      return apiEvent(signed(random, Buffer.concat(random.chance(0.5) ? [alien, event] : [event, alien])))
    },
  },

  'a byte order mark, or another encoding than UTF-8': {
    statuses: [400],
    make(random, marker) {
      const event = goodEvent(random, marker)
      const utf16 = Buffer.from(event, 'utf16le')
      const bytes = random.pick([
        Buffer.from(`\ufeff${event}`),
        utf16,
        Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
      ])
      return apiEvent(signed(random, bytes))
    },
  },

  'JSON that is cut off': {
    statuses: [400],
    make(random, marker) {
      const whole = random.chance(0.5) ? goodEvent(random, marker) : `[${goodEvent(random, marker)}]`
      return eitherWay(random, signed(random, whole.slice(0, random.between(0, whole.length - 1))))
    },
  },

  'what looks like JSON to a person': {
    statuses: [400],
    make(random, marker) {
      const event = goodEvent(random, marker)
      const inside = event.slice(1, -1)
      const body = random.pick([
        `{${inside},}`,
        `{,${inside}}`,
        `{${inside},"x":NaN}`,
        `{${inside},"x":undefined}`,
        `{${inside},"x":-Infinity}`,
        `{${inside},"x":0x10}`,
        `{${inside},"x":012}`,
        `{${inside},"x":1.}`,
        `{${inside},"x":'${marker}'}`,
        `{${inside},x:1}`,
        `{${inside},"x":"\n"}`,
        `{${inside},"x":"\\x41"}`,
        `{${inside},"x":"\\ud8"}`,
        `{${inside}}}`,
        `{${inside}} {}`,
        `${event}${event}`,
        `${event}\n${event}`,
        `// ${marker}\n${event}`,
        `{${inside}/* ${marker} */}`,
        `)]}',\n${event}`,
        `callback(${event})`,
        event.replaceAll('"', "'"),
        event.replaceAll('"', '“'),
        `data: ${event}`,
        `<event>${marker}</event>`,
        `payload=${encodeURIComponent(event)}`,
        'True',
        ' ',
        '\u00a0{}',
      ])
      return eitherWay(random, signed(random, body))
    },
  },

  'keys that would reach a prototype': {
    statuses: [400],
    make(random, marker) {
      const inside = goodEvent(random, marker).slice(1, -1)
      const key = random.pick([
        '"__proto__":{"polluted":true}',
        '"__proto__":null',
        '"\\u005f_proto__":{"polluted":true}',
        `"__proto__":{"messageId":"42","actor":"${marker}"}`,
        '"constructor":{"prototype":{"polluted":true}}',
        '"c\\u006fnstructor":{"prototype":null}',
      ])
      const body = random.pick([
        `{${inside},${key}}`,
        `{${key},${inside}}`,
        `[{${inside}},{${key}}]`,
        `{${inside},"x":[[{${key}}]]}`,
      ])
      return eitherWay(random, signed(random, body))
    },
  },

  'a body over the limit, signed or not': {
    statuses: [413],
    count: 60,
    make: (random) => apiEvent(random.chance(0.3) ? signed(random, tooLong) : unsigned(tooLong)),
  },

  'nesting without an end': {
    statuses: [400],
    count: 300,
    make: (random) => apiEvent(signed(random, random.pick(['[', '{"a":', '[{"type":', '[[],']).repeat(depth(random)))),
  },
}

/** Signed JSON that says something else than an event. */
export const noEvent: Kinds = {
  'any JSON value': {
    statuses: [422],
    make: (random, marker) => eitherWay(random, signed(random, JSON.stringify(jsonValue(random, marker)))),
  },

  'a value of the wrong type, or none, in a field': {
    statuses: [422],
    make: (random, marker) => eitherWay(random, signed(random, JSON.stringify(spoiled(random, marker)))),
  },

  'more in a field than the bounds allow': {
    statuses: [422],
    make: (random, marker) => eitherWay(random, signed(random, JSON.stringify(oversized(random, marker)))),
  },

  'neither a chat message nor an object': {
    statuses: [422],
    make(random, marker) {
      const { object: _, ...event } = goodFields(
        random,
        marker,
        random.pick(['task.done', 'reaction.added', 'attachment.removed']),
      )
      const nobody = random.pick([undefined, null])
      return eitherWay(random, signed(random, JSON.stringify({ ...event, messageId: nobody, object: nobody })))
    },
  },

  'another chat message in the path than in the payload': {
    statuses: [422],
    make(random, marker) {
      const segment = random.pick(['43', '4', '420', 'a42', `${random.between(43, 1e9)}`, random.word(8)])
      const single = goodEvent(random, marker)
      const body = random.pick([single, `[${single}]`, `[${single},${JSON.stringify({ type: 'done' })}]`])
      return eitherWay(random, signed(random, body, { url: `/webhooks/generic/${segment}` }))
    },
  },

  'an array with one bad element': {
    statuses: [422],
    make(random, marker) {
      const events: unknown[] = Array.from({ length: random.between(2, 12) }, () => goodFields(random, marker))
      const bad = random.pick([spoiled(random, marker), oversized(random, marker), jsonValue(random, marker), null, []])
      events[random.between(0, events.length - 1)] = bad
      return eitherWay(random, signed(random, JSON.stringify(events)))
    },
  },

  'numbers that no field can hold': {
    statuses: [422],
    make(random, marker) {
      const huge = random.pick(['1e400', '-1e400', '1e999999999', '9'.repeat(random.between(310, 5000))])
      const wrong = random.pick([huge, '9007199254740993', '1e21', '-1', '-1e-7', '0.1', `1${'0'.repeat(25)}`, '4.2e0'])
      const field = random.pick([
        `"messageId":${wrong}`,
        `"messageId":"42","id":${huge}`,
        `"messageId":"42","actor":${huge}`,
        `"messageId":"42","occurredAt":${wrong}`,
        `"messageId":"42","object":${huge}`,
      ])
      return eitherWay(random, signed(random, `{"type":"done","note":"${marker}",${field}}`))
    },
  },

  'a key that comes twice, the last one wrong': {
    statuses: [422],
    make(random, marker) {
      const inside = goodEvent(random, marker).slice(1, -1)
      const again = random.pick([
        `"messageId":"${marker}!"`,
        '"messageId":{"$gt":""}',
        '"message\\u0049d":[]',
        '"type":"nothing"',
        `"type":{"${marker}":1}`,
        '"occurredAt":true',
        '"id":[]',
      ])
      return eitherWay(random, signed(random, `{${inside},${again}}`))
    },
  },

  'a lone surrogate where only plain characters are allowed': {
    statuses: [422],
    make(random, marker) {
      const field = random.pick(['messageId', 'type', 'occurredAt'])
      const fields = goodFields(random, marker)
      return eitherWay(
        random,
        signed(random, JSON.stringify({ ...fields, [field]: `${fields[field]}${half(random)}` })),
      )
    },
  },

  'a CloudEvents envelope around nothing': {
    statuses: [422],
    make(random, marker) {
      const envelope = {
        specversion: '1.0',
        id: marker,
        source: '/x',
        type: 'task.done',
        subject: '42',
        time: '2026-11-22T12:00:00Z',
      }
      const bad = random.pick([
        { type: `com.example.${marker}` },
        { type: undefined },
        { type: [] },
        { subject: '../42' },
        { subject: { $ne: 1 } },
        { subject: `${marker}!` },
        { subject: undefined },
        { subject: undefined, data: [{ messageId: '42' }] },
        { time: 'later' },
        { time: 5 },
        { id: {} },
        { id: marker.repeat(40) },
        { data: { messageId: [] } },
        { data: { type: marker } },
        { type: 'attachment.added', data: { attachment: marker } },
        { specversion: '1.'.repeat(50), type: undefined },
        { specversion: '0.3', subject: '42' },
      ])
      const event = { ...envelope, ...bad }
      return eitherWay(random, signed(random, JSON.stringify(random.chance(0.3) ? [event] : event)))
    },
  },

  'CloudEvents headers around nothing': {
    statuses: [422],
    make(random, marker) {
      const headers = {
        'ce-specversion': '1.0',
        'ce-id': marker,
        'ce-source': '/x',
        'ce-type': 'task.done',
        'ce-subject': '42',
      }
      const bad = random.pick([
        { 'ce-type': marker },
        { 'ce-type': '%' },
        { 'ce-type': undefined },
        { 'ce-type': '__proto__' },
        { 'ce-subject': '%00' },
        { 'ce-subject': '%2e%2e%2f42' },
        { 'ce-subject': `${marker}!` },
        { 'ce-subject': 'x'.repeat(random.between(65, 4000)) },
        { 'ce-subject': undefined },
        { 'ce-specversion': undefined },
        { 'ce-time': 'later' },
        { 'ce-id': marker.repeat(40) },
      ])
      return eitherWay(random, signed(random, JSON.stringify({ note: marker }), { headers: { ...headers, ...bad } }))
    },
  },

  'an array without events': {
    statuses: [200],
    make: (random, marker) =>
      eitherWay(random, signed(random, random.pick(['[]', ' [\n] ']), { url: `/webhooks/generic?${marker}` })),
  },

  'more events than one queue message holds': {
    statuses: [413],
    count: 3,
    make: (random) =>
      eitherWay(random, signed(random, `[${Array(12_000).fill('{"type":"done","messageId":42}').join(',')}]`)),
  },
}

/** What is odd and still an event: whatever is answered, the queue's reader must be able to read what it got. */
export const oddEvents: Kinds = {
  'a good event with members named like those of every object': {
    statuses: [202],
    mayQueue: true,
    make(random, marker) {
      const names = [
        'constructor',
        'prototype',
        'toString',
        'hasOwnProperty',
        'valueOf',
        'toJSON',
        'then',
        'length',
        '',
      ]
      const { note: _, ...fields } = goodFields(
        random,
        marker,
        random.pick(['task.done', 'reaction.added', 'text.edited']),
      )
      return eitherWay(
        random,
        signed(random, JSON.stringify({ ...fields, [random.pick(names)]: jsonValue(random, marker) })),
      )
    },
  },

  'a good event among headers and a query that mean nothing': {
    statuses: [202],
    mayQueue: true,
    make(random, marker) {
      const name = random.pick([
        '__proto__',
        'constructor',
        'toString',
        'content-length',
        'transfer-encoding',
        'host',
        'expect',
        '',
      ])
      const value = random.pick([
        marker,
        '',
        '-1',
        'chunked, gzip',
        random.text(50),
        'x'.repeat(random.between(1, 20_000)),
      ])
      const headers = Object.fromEntries([
        [name, value],
        ['cookie', random.text(20)],
        ['x-forwarded-for', `${marker}, ::1`],
      ])
      const url = `/webhooks/generic/42?${random.pick([marker, '__proto__[x]=1', 'messageId=43', '%', random.text(50)])}`
      const body = JSON.stringify(
        goodFields(random, marker, random.pick(['task.done', 'reaction.added', 'text.edited'])),
      )
      return eitherWay(random, signed(random, body, { url, headers }))
    },
  },

  'lone surrogates and control characters in free text': {
    statuses: [202],
    mayQueue: true,
    make(random, marker) {
      const text = () => `a${half(random)}${random.text(random.between(0, 10))}${half(random)}\ufffe\uffff\0`
      const fields = random.pick([
        { ...goodFields(random, marker, 'text.edited'), text: text() },
        { ...goodFields(random, marker, 'reaction.added'), emoji: text() },
        { ...goodFields(random, marker, 'attachment.added'), attachment: { filename: text(), mimetype: text() } },
        { ...goodFields(random, marker, 'task.done'), actor: text(), id: text(), object: text() },
      ])
      return eitherWay(random, signed(random, JSON.stringify(fields)))
    },
  },

  'a good event with deep nesting in it': {
    statuses: [202, 400],
    mayQueue: true,
    count: 300,
    make(random) {
      const [open, close] = random.pick([
        ['[', ']'],
        ['{"a":', '}'],
        ['[{"a":', '}]'],
      ] as const)
      const levels = depth(random)
      const deep = `${open.repeat(levels)}1${close.repeat(levels)}`
      const { type, value } = random.pick([
        { type: 'done', value: '"x"' },
        { type: 'done', value: deep },
      ])
      return eitherWay(random, signed(random, `{"type":"${type}","messageId":"42","x":${value},"y":${deep}}`))
    },
  },
}
