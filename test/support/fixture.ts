import { readFileSync } from 'node:fs'

/** A payload of test/fixtures, such as `trello/comment`. */
// biome-ignore lint/suspicious/noExplicitAny: a payload may be anything, and tests change what they look into
export function fixture(name: string): any {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'))
}
