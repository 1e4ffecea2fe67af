/** Where a system sends its webhooks, as far as its steps need it. */
export type Place = {
  /** The source's name and the whole URL of its webhooks, as the outside calls it. */
  name: string
  url: string
  /** How the bridge has to be told that the outside calls it; a stack sees that by itself. */
  publicUrl: string | undefined
  /** The newest secret; a placeholder where there is none yet. */
  secret: string
  /** A command of the bridge's, for the home that this is. */
  run(command: string): string
}

/** What a person does to connect a system, as lines to print. */
export type Steps = (place: Place) => string

/** Fields of a form and what goes into each, under each other. */
export function fields(values: Record<string, string>): string {
  const width = Math.max(...Object.keys(values).map(({ length }) => length))
  return Object.entries(values)
    .map(([name, value]) => `     ${name.padEnd(width)}   ${value}`)
    .join('\n')
}

/** A call of an API that has no page, to paste into a shell. */
export function curl(url: string, headers: Record<string, string>, body: object): string {
  const all = Object.entries({ ...headers, 'content-type': 'application/json' })
  const options = all.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`)
  return `     curl -X POST ${url} \\\n       ${options.join(' ')} \\\n       -d ${quoted(JSON.stringify(body))}`
}

/** One word of a shell, whatever stands in it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

/** For a secret that the other system makes. */
export function takesSecret({ name, run }: Place, where: string): string {
  return `${where}. Give it to the bridge, in place of SECRET:\n\n     ${run(`secrets add ${name} SECRET`)}`
}
