import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import { context, secret } from '../../support/factories.ts'
import { callback, edit, message, reaction, slackSignature, slackWebhook } from './sender.ts'

const source = { name: 'slack', kind: 'slack' }
const object = 'C123ABC456/1795345100.498405'
const reference = '<https://club.iw-erp.de/#/cp/chat/chatroom_message/42|Antje’s question>'

async function send(payload: unknown, given: Parameters<typeof slackWebhook>[1] = {}, options = {}) {
  const reception = await receive(slackWebhook(payload, given), { ...source, ...options }, context())
  const { status, body = '' } = reception.response
  const { accepted, ignored } = JSON.parse(body) as { accepted: unknown[]; ignored: { reason: string }[] }
  return { ...reception, status, accepted, ignored }
}

describe('a reaction in Slack', () => {
  it.each([
    ['reaction_added', 'reaction.added', true],
    ['reaction_removed', 'reaction.removed', false],
  ])('%s asks for it wherever the message is linked to', async (type, said, present) => {
    const { status, updates, links, objectUpdates, accepted, events } = await send(callback(reaction({ type })))
    expect([status, updates, links]).toEqual([202, [], []])
    const happened = { eventId: 'Ev123ABC456', occurredAt: '2026-11-22T11:00:00.083Z', actor: 'U123ABC456', object }
    const change = { kind: 'reaction', emoji: '👍', present }
    expect(objectUpdates).toEqual([{ ...happened, source: 'slack', receivedAt: '2026-11-22T12:00:00.000Z', change }])
    expect(accepted).toEqual([{ eventId: 'Ev123ABC456', type: said, object }])
    expect(events).toEqual([{ ...happened, type: said, change, messageIds: [] }])
  })

  it('asks for it at the chat message of the URL alone', async () => {
    const { updates, objectUpdates } = await send(callback(reaction()), { url: '/webhooks/slack/42' })
    expect([updates.map(({ messageId }) => messageId), objectUpdates]).toEqual([['42'], []])
  })

  it.each([
    ['tada', '🎉'],
    ['heart', '❤️'],
    ['white_check_mark', '✅'],
    ['thumbsup', '👍'],
    ['+1::skin-tone-2', '👍🏻'],
    ['wave::skin-tone-6', '👋🏿'],
    ['point_up::skin-tone-3', '☝🏼'],
    ['man-shrugging::skin-tone-4', '🤷🏽‍♂️'],
    ['flag-de', '🇩🇪'],
    ['100', '💯'],
  ])('%s is %s', async (name, emoji) => {
    const { objectUpdates } = await send(callback(reaction({ reaction: name })))
    expect(objectUpdates).toMatchObject([{ change: { emoji } }])
  })

  it.each([
    'party_parrot',
    '+1::skin-tone-7',
    '+1::skin-tone-1',
    'tada::skin-tone-2',
    '',
    '__proto__',
    'constructor',
    '👍',
  ])('of the name “%s” has no character, and is ignored', async (name) => {
    const { status, events, ignored } = await send(callback(reaction({ reaction: name })))
    expect([status, events]).toEqual([200, []])
    expect(ignored).toEqual([{ eventId: 'Ev123ABC456', reason: 'no character is known for this emoji’s name' }])
  })

  it('to a file says nothing', async () => {
    const { status, events } = await send(callback(reaction({ item: { type: 'file', file: 'F123ABC456' } })))
    expect([status, events]).toEqual([200, []])
  })
})

describe('a message posted in Slack', () => {
  it.each([
    ['by a person', {}],
    ['in a thread', { thread_ts: '1795345000.000100', parent_user_id: 'U222222222' }],
    ['with a file', { subtype: 'file_share', files: [{ id: 'F1', name: 'a.pdf' }] }],
    ['to a thread and the channel', { subtype: 'thread_broadcast', root: message('The roof') }],
    ['by an app', { subtype: 'bot_message', bot_id: 'B1', username: 'tickets', user: null }],
  ])('%s teaches which chat messages it refers to, and nothing else', async (_, given) => {
    const { status, updates, objectUpdates, links, accepted, events } = await send(
      callback(message(`Please: ${reference} and chatroom-message:43`, given)),
      { url: '/webhooks/slack/7' },
    )
    expect([status, updates, objectUpdates]).toEqual([202, [], []])
    const link = { object, present: true, eventId: 'Ev123ABC456', occurredAt: '2026-11-22T10:58:20.498Z' }
    expect(links).toEqual([
      { ...link, messageId: '42' },
      { ...link, messageId: '43' },
    ])
    expect(accepted).toEqual(
      ['42', '43'].map((messageId) => ({ eventId: 'Ev123ABC456', type: 'link.added', messageId })),
    )
    expect(events).toMatchObject([{ type: 'link.added', object, messageIds: ['42', '43'] }])
  })

  it.each([
    ['a block', { text: '', blocks: [{ type: 'section', text: { type: 'mrkdwn', text: reference } }] }],
    [
      'a link in rich text',
      {
        text: 'here',
        blocks: [
          {
            type: 'rich_text',
            elements: [
              {
                type: 'rich_text_list',
                elements: [
                  {
                    type: 'rich_text_section',
                    elements: [{ type: 'link', url: 'https://club.iw-erp.de/chatroom_message/42', text: 'here' }],
                  },
                ],
              },
            ],
          },
        ],
      },
    ],
    ['a button', { blocks: [{ type: 'actions', elements: [{ type: 'button', value: 'chatroom_message/42' }] }] }],
    [
      'an attachment',
      { text: null, attachments: [{ id: 1, fallback: 'A ticket', title_link: 'https://x/chatroom_message/42' }] },
    ],
    ['an attachment’s field', { attachments: [{ id: 1, fields: [{ title: 'Chat', value: 'chatroom-message: 42' }] }] }],
  ])('may refer in %s', async (_, given) => {
    expect((await send(callback(message('See below', given)))).links).toMatchObject([{ messageId: '42' }])
  })

  it('does not refer to what the preview of a link or of another message says', async () => {
    const preview = { from_url: 'https://github.com/club/site/issues/7', text: 'chatroom_message/42', id: 1 }
    const quoted = {
      is_msg_unfurl: true,
      from_url: 'https://club.slack.com/archives/C1/p1',
      message_blocks: [{ message: { blocks: [{ type: 'section', text: { text: 'chatroom_message/42' } }] } }],
    }
    const { status, events } = await send(callback(message('Look', { attachments: [preview, quoted] })))
    expect([status, events]).toEqual([200, []])
  })

  it('does not refer by what nobody reads', async () => {
    const hidden = { client_msg_id: 'chatroom_message/42', metadata: { event_type: 'chatroom_message/42' } }
    expect((await send(callback(message('Hi', hidden)))).links).toEqual([])
  })

  it('refers to nothing where the option says so', async () => {
    expect((await send(callback(message(reference)), {}, { references: 'none' })).links).toEqual([])
  })

  it('says nothing without a reference', async () => {
    const { status, events, ignored } = await send(callback(message('Good morning')))
    expect([status, events]).toEqual([200, []])
    expect(ignored).toEqual([{ eventId: 'Ev123ABC456', reason: 'the message refers to no chat message' }])
  })

  it.each(['channel_join', 'channel_topic', 'message_replied', 'message_deleted', 'reminder_add', 'toString'])(
    'of subtype %s says nothing',
    async (subtype) => {
      const { status, events } = await send(callback(message(reference, { subtype })))
      expect([status, events]).toEqual([200, []])
    },
  )
})

describe('a message edited in Slack', () => {
  it('is reported, teaches what it refers to now, and edits the chat message only where the option adds it', async () => {
    const payload = callback(edit(`Done &amp; dusted: ${reference}`, 'Until Friday'))
    const { status, updates, objectUpdates, links, accepted, ignored, events } = await send(payload)
    expect([status, updates, objectUpdates]).toEqual([202, [], []])
    expect(links).toEqual([
      { object, messageId: '42', present: true, eventId: 'Ev123ABC456', occurredAt: '2026-11-22T11:01:40.000Z' },
    ])
    expect(accepted).toEqual([{ eventId: 'Ev123ABC456', type: 'link.added', messageId: '42' }])
    expect(ignored).toMatchObject([{ reason: 'slack may not change text (option meanings)' }])
    const text = 'Done & dusted: Antje’s question (https://club.iw-erp.de/#/cp/chat/chatroom_message/42)'
    const change = { kind: 'text', text }
    expect(events).toMatchObject([{ type: 'text.edited', actor: 'U333333333', object, messageIds: ['42'], change }])

    const allowed = await send(payload, {}, { meanings: ['text'] })
    expect(allowed.updates).toMatchObject([{ messageId: '42', change }])
    expect(allowed.objectUpdates).toMatchObject([{ object, change }])
  })

  it.each([
    ['<https://example.com>', 'https://example.com'],
    ['<http://example.com|example.com>', 'example.com'],
    ['<mailto:a@example.com|a@example.com>', 'a@example.com'],
    ['<@U1> and <@U2|anna>', '@U1 and @anna'],
    ['<#C1|general> <!here> <!subteam^S1|@board>', '#general @here @board'],
    ['a &lt;b&gt; &amp;lt;', 'a <b> &lt;'],
    ['a &lt; b | c &gt; d <', 'a < b | c > d <'],
  ])('“%s” reads “%s”', async (text, plain) => {
    const { events } = await send(callback(edit(text, '')))
    expect(events).toMatchObject([{ change: { text: plain } }])
  })

  it('without another text, such as by the preview of a link, is no edit, and teaches its references', async () => {
    expect(await send(callback(edit('Hi', 'Hi')))).toMatchObject({ status: 200, events: [] })
    const { events, links } = await send(callback(edit(reference, reference)))
    expect([events[0]?.type, links.length]).toEqual(['link.added', 1])
  })

  it('as Slack’s reference shows it, without the former text, is an edit', async () => {
    const documented = {
      type: 'message',
      subtype: 'message_changed',
      hidden: true,
      channel: 'C123ABC456',
      ts: '1358878755.000001',
      message: {
        type: 'message',
        user: 'U123ABC456',
        text: 'Hello, world!',
        ts: '1355517523.000005',
        edited: { user: 'U123ABC456', ts: '1358878755.000001' },
      },
    }
    expect((await send(callback(documented))).events).toMatchObject([
      {
        type: 'text.edited',
        occurredAt: '2013-01-22T18:19:15.000Z',
        object: 'C123ABC456/1355517523.000005',
        change: { text: 'Hello, world!' },
      },
    ])
  })

  it('into the tombstone of a deleted one says nothing', async () => {
    const tombstone = edit('This message was deleted.', reference, { subtype: 'tombstone' })
    expect(await send(callback(tombstone))).toMatchObject({ status: 200, events: [], links: [] })
  })
})

describe('what else Slack sends', () => {
  it.each([
    ['another event', callback({ type: 'channel_created', channel: { id: 'C1' } })],
    ['an event without an id', callback(reaction(), { event_id: undefined })],
    ['a rate limit', { type: 'app_rate_limited', team_id: 'T1', minute_rate_limited: 1795345200 }],
    ['a reaction of another form', callback(reaction({ item: null }))],
    ['a message without a time', callback(message(reference, { ts: undefined }))],
    ['an array', []],
    ['a number', 7],
  ])('%s is ignored', async (_, payload) => {
    const { status, events, accepted, ignored } = await send(payload)
    expect([status, events, accepted, ignored.length]).toEqual([200, [], [], 1])
  })

  it('a time that is none leaves the event without one', async () => {
    const { objectUpdates } = await send(callback(reaction({ event_ts: 'yesterday' })))
    expect(objectUpdates[0]).not.toHaveProperty('occurredAt')
  })

  it('a delivery that Slack repeats is the same event', async () => {
    const request = slackWebhook(callback(reaction()))
    const repeated = { ...request.headers, 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' }
    const [first, second] = await Promise.all(
      [request, { ...request, headers: repeated }].map((each) => receive(each, source, context())),
    )
    expect(second).toEqual(first)
  })
})

describe('Slack’s signature', () => {
  // https://docs.slack.dev/authentication/verifying-requests-from-slack
  const published = {
    key: '8f742231b10e8888abcd99yyyzzz85a5',
    timestamp: 1531420618,
    signature: 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    body: [
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar',
      '&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com',
      '%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN',
      '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
    ].join(''),
  }

  it('verifies as Slack publishes it', async () => {
    const request = {
      method: 'POST',
      url: '/webhooks/slack',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': `${published.timestamp}`,
        'x-slack-signature': published.signature,
      },
      body: Buffer.from(published.body),
    }
    const status = async (key: string, seconds = 0) => {
      const now = new Date((published.timestamp + seconds) * 1000)
      return (await receive(request, source, context({ secrets: ['older', key], now }))).response.status
    }
    // The signature holds, so the next step sees that a form is no JSON.
    expect(await status(published.key)).toBe(415)
    expect(await status(secret)).toBe(401)
    expect(await status(published.key, 301)).toBe(401)
  })

  it('needs the timestamp', async () => {
    const signed = slackWebhook(callback(message(reference)))
    const request = { ...signed, headers: { ...signed.headers, 'x-slack-request-timestamp': ' ' } }
    expect((await receive(request, source, context())).response.status).toBe(401)
  })

  it('is asked of the handshake too, which then gets its challenge back', async () => {
    const challenge = '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P'
    const request = slackWebhook({ token: 'Jhj5dZrVaK7ZwHHjRyZWjbDl', challenge, type: 'url_verification' })
    const { response, ...asked } = await receive(request, source, context())
    expect(response).toEqual({ status: 200, headers: { 'content-type': 'text/plain' }, body: challenge })
    expect(asked).toEqual({ events: [], updates: [], objectUpdates: [], links: [] })

    const headers = { ...request.headers, ...slackSignature('{}') }
    const forged = await receive({ ...request, headers }, source, context())
    expect([forged.response.status, forged.response.body]).toEqual([401, expect.not.stringContaining(challenge)])
  })
})
