import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const folder = new URL('../fixtures/', import.meta.url)

it('every payload of a provider has its origin stated', () => {
  const rows = readFileSync(new URL('README.md', folder), 'utf8').split('\n')
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => path.endsWith('.json') && !path.startsWith('data-folder/'))
  expect(files.length).toBeGreaterThan(0)
  const unstated = files.filter((path) => {
    const [provider, file] = path.split('/')
    return !rows.some((row) => row.startsWith(`| \`${provider}/`) && row.includes(`${file}\``))
  })
  expect(unstated).toEqual([])
})
