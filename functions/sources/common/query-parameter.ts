/** The first value of a parameter in a URL's query, decoded. A query may itself have question marks (RFC 3986 §3.4). */
export function queryParameter(url: string, name: string): string | undefined {
  const start = url.indexOf('?')
  return start < 0 ? undefined : (new URLSearchParams(url.slice(start)).get(name) ?? undefined)
}
