import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sources } from '../../functions/sources/registry.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const page = read('../../docs/sources.md')
const heading = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')
const headings = [...page.matchAll(/^##+ (.+)$/gm)].map(([, text = '']) => heading(text))

describe('docs/sources.md', () => {
  it.each(Object.keys(sources))('has a row, and a section that it leads to, for %s', (kind) => {
    const [, anchor] = new RegExp(`^\\| \\[\`${kind}\`\\]\\(#([a-z-]+)\\) \\|`, 'm').exec(page) ?? []
    expect(headings).toContain(anchor)
  })

  it('names every option of every kind', () => {
    const options = Object.entries(sources).flatMap(([kind, source]) =>
      Object.keys((source.options as unknown as { shape: object }).shape).map((option) => ({ kind, option })),
    )
    const missing = options.filter(
      ({ option }) => !['name', 'kind'].includes(option) && !page.includes(`\`${option}\``),
    )
    expect(missing).toEqual([])
  })

  it('shows a source of under 40 lines, and its test, as they are run here', () => {
    const source = read('gitea.ts').replaceAll('../../functions/sources/', '../')
    expect(page).toContain(`\`\`\`ts\n${source}\`\`\``)
    expect(source.split('\n').length).toBeLessThan(40)
    const test = read('gitea.test.ts')
      .replace(/import \{ (sources|gitea) \}.*\n/g, '')
      .replace(/\/\/ The line of the registry\.\n.*\n\n/, '')
    expect(page).toContain(`\`\`\`ts\n${test}\`\`\``)
  })
})
