import { goodEvent } from './events.ts'
import { jsonValue, type Random } from './random.ts'
import { eitherWay, type Kinds, signedByGithub } from './sender.ts'

/** A closed issue that its owner tied to chat message 42: accepted as it is, for the caller to spoil. */
function closed(marker: string, issue: Record<string, unknown> = {}, payload: Record<string, unknown> = {}) {
  const tied = {
    number: 7,
    title: marker,
    body: 'chatroom_message/42',
    author_association: 'OWNER',
    labels: [],
    ...issue,
  }
  const repository = { full_name: 'club/site' }
  return { action: 'closed', issue: tied, repository, sender: { login: 'anna' }, ...payload }
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** What GitHub signed and what asks for nothing, or for less, all the same: of a kind that ignores what it doesn't know. */
export const nothingForUs: Kinds = {
  'any JSON value from GitHub': {
    statuses: [200],
    make(random, marker) {
      const event = random.pick(['issues', 'pull_request', 'push', 'ping', 'issue_comment'])
      const body = JSON.stringify(random.chance(0.2) ? [] : jsonValue(random, marker))
      return eitherWay(random, signedByGithub(body, { headers: { 'x-github-event': event } }))
    },
  },

  'an event header that names nothing we know': {
    statuses: [200],
    make(random, marker) {
      const event = random.pick([
        undefined,
        '',
        ' ',
        'ISSUES',
        'issue',
        'issues,issues',
        'issues.closed',
        'issues\0',
        'issues/closed',
        'pull_request',
        '__proto__',
        'constructor',
        'push',
        marker,
        random.text(30).replace(/^\s+|\s+$/g, ''),
        'x'.repeat(random.between(65, 8000)),
      ])
      const url = random.pick(['/webhooks/github', '/webhooks/github/42'])
      return eitherWay(
        random,
        signedByGithub(JSON.stringify(closed(marker)), { url, headers: { 'x-github-event': event } }),
      )
    },
  },

  'an issue with a wrong type in a field': {
    statuses: [200],
    make: (random, marker) => eitherWay(random, signedByGithub(JSON.stringify(malformed(random, marker)))),
  },

  'a reference in the text of a stranger': {
    statuses: [202],
    asksOnly: 'objectUpdates',
    make(random, marker) {
      const strangers = [
        'NONE',
        'CONTRIBUTOR',
        'FIRST_TIMER',
        'FIRST_TIME_CONTRIBUTOR',
        'MANNEQUIN',
        'owner',
        'OWNER ',
        marker,
      ]
      const author_association = random.pick([...strangers, null, undefined])
      const text = random.pick([
        'chatroom_message/42',
        'https://club.iw-erp.de/chatroom_message/42',
        '[x](chatroom-message:42)',
      ])
      return eitherWay(
        random,
        signedByGithub(JSON.stringify(closed(marker, { author_association, title: text, body: text }))),
      )
    },
  },

  'a reference to what is no chat message': {
    statuses: [202],
    asksOnly: 'objectUpdates',
    make(random, marker) {
      const body = random.pick([
        `chatroom_message/${'4'.repeat(random.between(65, 3000))}`,
        'chatroom_message/',
        'chatroom_message/ 42',
        'chatroom_message/%34%32',
        'chatroom_message/../42',
        'chatroom_message/💥',
        'chatroom_message/---',
        'notchatroom_message/42',
        '0chatroom-message:42',
        'chatroom message 42',
        'chatroom_message\u200b/42',
        'chatroom_message/\0',
      ])
      return eitherWay(random, signedByGithub(JSON.stringify(closed(marker, { body, title: null }))))
    },
  },

  'an issue beyond the bounds': {
    statuses: [200],
    make(random, marker) {
      const issue = random.pick([
        closed(marker, { author_association: 'NONE' }, { sender: { login: marker + 'x'.repeat(300) } }),
        closed(marker, { author_association: 'NONE' }, { sender: { login: '' } }),
        closed(marker, { author_association: 'NONE' }, { repository: { full_name: marker + 'x'.repeat(256) } }),
        closed(marker, { updated_at: '9999-12-31T23:59:59-23:59' }),
        closed(marker, { updated_at: '0000-01-01T00:00:00+23:59' }),
        closed(marker, { updated_at: '1969-12-31T23:59:59Z' }),
        closed(marker, { updated_at: '12026-11-22T12:00:00Z' }),
      ])
      return eitherWay(random, signedByGithub(JSON.stringify(issue)))
    },
  },

  'what GitHub never sends, of an issue that refers to a chat message': {
    statuses: [202],
    asksOnly: 'links',
    make(random, marker) {
      const actions = ['', 'CLOSED', 'closed ', 'constructor', marker, random.text(30)]
      const issue = random.pick([
        closed(marker, {}, { action: random.pick(actions) }),
        closed(marker, {}, { sender: { login: random.pick(['', marker + 'x'.repeat(300)]) } }),
      ])
      return eitherWay(random, signedByGithub(JSON.stringify(issue)))
    },
  },

  'an issue of GitHub’s whose time is none': {
    statuses: [202],
    mayQueue: true,
    make(random, marker) {
      const updated_at = random.pick([{ [marker]: 1 }, [marker], true, '', marker, 'yesterday', '2026-11-22', '٢٠٢٦'])
      return eitherWay(random, signedByGithub(JSON.stringify(closed(marker, { updated_at }))))
    },
  },

  'a path segment of GitHub’s that is no chat message': {
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
      return eitherWay(random, signedByGithub(JSON.stringify(closed(marker)), { url: `/webhooks/github/${segment}` }))
    },
  },
}

/** What GitHub signed and what is no JSON. */
export const noJsonFromGithub: Kinds = {
  'a form of GitHub’s without JSON in it': {
    statuses: [400],
    make(random, marker) {
      const cut = JSON.stringify(closed(marker)).slice(0, random.between(1, 60))
      const body = random.pick([
        '',
        'payload=',
        'payload',
        'payload=%7B',
        'payload=%',
        'payload=%00',
        'payload=%ff%fe',
        'payload[]=%7B%7D',
        'PAYLOAD={}',
        '&&&===',
        `payload=${encodeURIComponent(cut)}`,
        `payload=&payload=${encodeURIComponent('{}')}`,
        marker,
        JSON.stringify(closed(marker)),
      ])
      return eitherWay(random, signedByGithub(body, { headers: form }))
    },
  },

  'JSON of GitHub’s that is cut off': {
    statuses: [400],
    make(random, marker) {
      const body = JSON.stringify(closed(marker))
      return eitherWay(random, signedByGithub(body.slice(0, random.between(0, body.length - 1))))
    },
  },

  'another content type than GitHub’s two': {
    statuses: [415],
    make(random, marker) {
      const type = random.pick([
        'text/plain',
        'multipart/form-data',
        'application/x-www-form-urlencode',
        marker,
        '',
        undefined,
      ])
      const body = random.pick([JSON.stringify(closed(marker)), goodEvent(random, marker)])
      return eitherWay(random, signedByGithub(body, { headers: { 'content-type': type } }))
    },
  },
}

function malformed(random: Random, marker: string) {
  const wrong = random.pick([{ [marker]: 1 }, [marker], [[]], 4.2, true])
  return random.pick([
    closed(marker, { number: random.pick([wrong, null, undefined, '7', 1e300, marker]) }),
    closed(marker, { title: wrong }),
    closed(marker, { body: wrong }),
    closed(marker, { author_association: wrong }),
    closed(marker, { labels: random.pick([marker, [marker], [{ name: null }], [null], {}]) }),
    closed(marker, { merged: random.pick(['true', 1, {}]) }),
    closed(marker, {}, { action: random.pick([wrong, null, undefined]) }),
    closed(marker, {}, { repository: random.pick([wrong, marker, null, { full_name: wrong }]) }),
    closed(marker, {}, { sender: random.pick([wrong, marker, { login: wrong }, { login: null }, {}]) }),
    closed(marker, {}, { issue: random.pick([wrong, marker, null, undefined, {}]) }),
    closed(marker, {}, { pull_request: random.pick([wrong, marker, {}]) }),
    closed(marker, {}, { comment: random.pick([marker, 4.2, [wrong], { body: wrong }]) }),
  ])
}
