import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const pages = ['README.md', ...readdirSync(new URL('docs/', root)).map((name) => `docs/${name}`)]

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe('the documents', () => {
  it.each(pages)('%s links only to files and headings that exist', (path) => {
    const broken = [...read(path).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].flatMap(
      ([link, file = '', anchor]) => {
        const target = new URL(file, new URL(path, root))
        const url = file === '' ? new URL(path, root) : target
        if (!existsSync(url)) return [link]
        if (anchor === undefined || !url.pathname.endsWith('.md')) return []
        return anchorsOf(readFileSync(url, 'utf8')).includes(anchor) ? [] : [link]
      },
    )
    expect(broken).toEqual([])
  })

  it('README.md has at most 250 lines', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(250)
  })
})
