import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { referencesIn } from '../../../functions/sources/common/references.ts'

describe('a reference', () => {
  it.each([
    ['chatroom_message/42', '42'],
    ['see https://club.iw-erp.de/#/cp/chat/chatroom_message/42?tab=1', '42'],
    ['chatroom-message:42', '42'],
    ['chatroom-message: 42', '42'],
    ['Chatroom_Message#42', '42'],
    ['chatroommessage=0042', '42'],
    ['_chatroom-message:42_ (done)', '42'],
    ['**chatroom_message/42**.', '42'],
    ['[chat](chatroom_messages/abc-7)', 'abc-7'],
    ['<https://club.iw-erp.de/#/cp/chat/chatroom_message/42|Antje>', '42'],
    ['<https://club.iw-erp.de/chatroom_message/42?a=1&amp;b=2>', '42'],
  ])('stands in “%s”', (text, id) => {
    expect(referencesIn(text)).toEqual([id])
  })

  it.each([
    'chatroom_message 42',
    'mychatroom_message/42',
    'chatroom_message/',
    'chatroom_message/___',
    `chatroom_message/${'9'.repeat(65)}`,
    'chat 42',
    '',
  ])('does not stand in “%s”', (text) => {
    expect(referencesIn(text)).toEqual([])
  })

  it('is found once, in the order of the texts', () => {
    expect(referencesIn('chatroom_message/2 chatroom_message/1', null, undefined, 'chatroom-message:02')).toEqual([
      '2',
      '1',
    ])
  })

  it('is found in any text in a time that grows with its length alone', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('chatroom', '_', '-', 'message', 's', '/', ':', ' ', '42', 'ü') }),
        (text) => {
          for (const id of referencesIn(text)) expect(id).toMatch(/^[a-z0-9_-]{1,64}$/)
        },
      ),
      { numRuns: 2000, seed: 4 },
    )
    expect(referencesIn('chatroom_message'.repeat(60_000))).toEqual([])
    expect(referencesIn(`chatroom_message/${'_'.repeat(900_000)}`)).toEqual([])
  })
})
