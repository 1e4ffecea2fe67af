import github from 'emojibase-data/en/shortcodes/github.json' with { type: 'json' }
import iamcal from 'emojibase-data/en/shortcodes/iamcal.json' with { type: 'json' }
import { describe, expect, it } from 'vitest'
import { emojiOf, loadEmojis, shortNameOf } from '../../../functions/sources/common/emoji.ts'

await loadEmojis()

describe('a short name', () => {
  it.each([
    ['+1', '👍'],
    ['thumbsup', '👍'],
    ['+1::skin-tone-4', '👍🏽'],
    ['thumbsup_tone3', '👍🏽'],
    ['1st_place_medal', '🥇'],
    ['heart', '❤️'],
    ['one', '1️⃣'],
    ['male-detective', '🕵️‍♂️'],
    ['male-detective::skin-tone-2', '🕵🏻‍♂️'],
    ['rainbow-flag', '🏳️‍🌈'],
    ['flag-de', '🇩🇪'],
    ['interrobang', '⁉️'],
  ])('%s is %s, fully qualified', (name, emoji) => {
    expect(emojiOf(name)).toBe(emoji)
  })

  it.each(['our-own-logo', '+1::skin-tone-9', 'rocket::skin-tone-2', '', ':+1:', '__proto__'])('%s is none', (name) => {
    expect(emojiOf(name)).toBeUndefined()
  })

  it('of every emoji leads back to it, and none is left out', () => {
    const tables = [iamcal, github] as Record<string, string | string[]>[]
    const names = tables.flatMap((table) => Object.values(table).flat())
    const lost = names.filter((name) => !/^\p{RGI_Emoji}$/v.test(emojiOf(name) ?? ''))
    expect(names.length).toBeGreaterThan(3_700)
    expect(lost).toEqual([])
    expect(shortNameOf('👍')).toBe('+1')
  })
})
