import { encodedWord, goodEvent } from './events.ts'
import { eitherWay, type Kinds, signed } from './sender.ts'

/** Requests that go to the wrong place, or ask for it in the wrong way. */
export const wrongRoutes: Kinds = {
  'a method other than POST': {
    statuses: [405],
    make(random, marker) {
      const known = [
        'GET',
        'HEAD',
        'PUT',
        'DELETE',
        'PATCH',
        'OPTIONS',
        'TRACE',
        'CONNECT',
        'PROPFIND',
        '',
        'POST ',
        'POSTS',
      ]
      const method = random.pick([...known, random.word(5).toUpperCase(), marker])
      const url = random.pick(['/webhooks/generic', '/webhooks/github', '/webhooks/generic/42', '/webhooks/no-secret'])
      return eitherWay(random, signed(random, goodEvent(random, marker), { method, url }))
    },
  },

  'a source that nobody set up': {
    statuses: [404],
    make(random, marker) {
      const near = [
        'GENERIC',
        'Generic',
        'generic ',
        ' generic',
        '%67eneric',
        'generic%00',
        'generic.json',
        'generic;x',
        'generics',
      ]
      const name = random.pick([
        ...near,
        marker,
        `generic${marker}`,
        encodedWord(random),
        random.word(random.between(9, 64)),
      ])
      const url = `/webhooks/${name}${random.pick(['', '/', '/42'])}`
      return eitherWay(
        random,
        signed(random, goodEvent(random, marker), { url, method: random.pick(['POST', 'GET', 'PUT']) }),
      )
    },
  },

  'a source named like a member of Object.prototype': {
    statuses: [404],
    make(random, marker) {
      const name = random.pick([...Object.getOwnPropertyNames(Object.prototype), 'prototype', 'size', 'get', 'then'])
      const url = `/webhooks/${name}${random.pick(['', '/', '/42', '/__proto__'])}`
      return eitherWay(random, signed(random, goodEvent(random, marker), { url }))
    },
  },

  'a source whose kind does not exist': {
    statuses: [404],
    make: (random, marker) =>
      eitherWay(
        random,
        signed(random, goodEvent(random, marker), {
          url: random.pick(['/webhooks/unknown-kind', '/webhooks/prototype-kind/42']),
        }),
      ),
  },

  'a path that is no webhook path': {
    statuses: [404],
    make(random, marker) {
      const url = random.pick([
        '',
        '/',
        '*',
        '/webhooks',
        '/webhooks/',
        '/webhooks//generic',
        '//webhooks/generic',
        '/webhook/generic',
        '/Webhooks/generic',
        '/webhooks\\generic',
        '/./webhooks/generic',
        '/webhooks/../webhooks/generic',
        '/webhooks/generic/42/43',
        '/webhooks/generic/../github',
        '/webhooks/generic%2F42',
        '/webhooks/generic\0',
        '/webhooks\0/generic',
        '/health/',
        '/health%00',
        `/webhooks/generic/42/${marker}`,
        `/webhooks/${'g'.repeat(random.between(65, 20_000))}`,
        `/${random.word(3)}${'/..'.repeat(random.between(1, 3000))}/webhooks/generic`,
        `/x${random.text(20).replace(/[?#]/g, '')}`,
      ])
      return eitherWay(random, signed(random, goodEvent(random, marker), { url }))
    },
  },

  'a path segment that is no chat message': {
    statuses: [422],
    make(random, marker) {
      const segment = random.pick([
        '%',
        '%zz',
        '%00',
        '42%00',
        '%F0%9F',
        '%2F',
        '42%2F43',
        '%252e',
        '.',
        '..',
        '%2e%2e',
        'a b',
        'a%20b',
        '+42',
        '4.2',
        '42,43',
        '42;43',
        '$ne',
        '{}',
        '<script>',
        "1'%20or%20'1",
        '42\n',
        '💥',
        '%F0%9F%92%A5',
        '\ud800',
        '٤٢',
        `${marker}!`,
        '4'.repeat(random.between(65, 5000)),
      ])
      const url = `/webhooks/generic/${segment}${random.pick(['', '/', '?messageId=42', `?${marker}`])}`
      return eitherWay(random, signed(random, goodEvent(random, marker), { url }))
    },
  },
}
