/** Characters by Slack's short names, and for each the name that Slack sends. */
type Names = { characters: ReadonlyMap<string, string>; names: ReadonlyMap<string, string> }
let loaded: Names | undefined

/**
 * Loads the short names that Slack uses, which are iamcal's (https://github.com/iamcal/emoji-data), and beside them GitHub's,
 * which GitLab's and Linear's are close to, from emojibase: 93 KB that only sources with short names need.
 */
export async function loadEmojis(): Promise<void> {
  if (loaded) return
  // Written out, or the bundler would leave them to a place where they aren't.
  const [iamcal, github] = await Promise.all([
    import('emojibase-data/en/shortcodes/iamcal.json', { with: { type: 'json' } }),
    import('emojibase-data/en/shortcodes/github.json', { with: { type: 'json' } }),
  ])
  const characters = new Map<string, string>()
  const names = new Map<string, string>()
  for (const table of [iamcal.default, github.default] as Record<string, string | string[]>[]) {
    for (const [hexcode, shortNames] of Object.entries(table)) {
      const character = qualified(hexcode.split('-').map((hex) => Number.parseInt(hex, 16)))
      const all = [shortNames].flat()
      for (const name of all) if (!characters.has(name)) characters.set(name, character)
      if (!names.has(character)) names.set(character, all[0] as string)
    }
  }
  loaded = { characters, names }
}

/**
 * The character of a short name, fully qualified, with a skin tone as Slack writes it (`wave::skin-tone-3`) or GitLab
 * (`wave_tone2`, which is the same).
 * @returns undefined for a name that is not known, such as one of a workspace's own
 * @throws when the names were not loaded before
 */
export function emojiOf(shortName: string): string | undefined {
  const [, name = '', slacks, gitlabs] = /^([^:]+?)(?:::skin-tone-([2-6])|_tone([1-5]))?$/.exec(shortName) ?? []
  const tone = slacks ?? (gitlabs && Number(gitlabs) + 1)
  const emoji = known().characters.get(name)
  if (emoji === undefined || tone === undefined) return emoji
  // Fitzpatrick's type 1-2 is 🏻 and called tone 2; the modifier stands in the place of a variation selector (UTS #51 §2.4).
  const modifier = String.fromCodePoint(0x1f3fb + Number(tone) - 2)
  return takesTone.test(emoji) ? emoji.replace(takesTone, `$1${modifier}`) : undefined
}

/**
 * The short name that Slack sends for a character, or undefined.
 * @throws when the names were not loaded before
 */
export function shortNameOf(emoji: string): string | undefined {
  return known().names.get(emoji)
}

const takesTone = /^(\p{Emoji_Modifier_Base})\uFE0F?/u
const isText = /^(?!\p{Emoji_Presentation})\p{Emoji}$/u
const isModifier = /^\p{Emoji_Modifier}$/u

/** A sequence with U+FE0F behind each character that would else be shown as text (UTS #51, "fully-qualified emoji"). */
function qualified(codes: readonly number[]): string {
  const characters = codes.map((code) => String.fromCodePoint(code))
  return characters
    .map((character, index) => {
      const next = characters[index + 1] ?? ''
      return isText.test(character) && next !== '\uFE0F' && !isModifier.test(next) ? `${character}\uFE0F` : character
    })
    .join('')
}

function known(): Names {
  if (!loaded) throw new Error('the emojis’ names were not loaded')
  return loaded
}
