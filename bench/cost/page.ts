const [begin, end] = ['<!-- computed: npm run cost -- --write -->', '<!-- end of what is computed -->']

/** A page with other tables between its marks. @throws where it has no such marks */
export function pageWith(page: string, tables: string): string {
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (after === undefined) throw new Error(`the page has no ${begin} … ${end}`)
  return `${before}${begin}\n\n${tables}\n\n${end}${after}`
}
