const latest = Date.UTC(9999, 11, 31)

/**
 * The moment that a payload writes, as `Date.toISOString` writes it: milliseconds since 1970, ISO 8601 (with or without a
 * colon in the offset), or GitLab's `2017-12-10 16:41:28 UTC`.
 * @returns undefined for what is none, such as a time without a zone
 */
export function momentOf(written: unknown): string | undefined {
  const time = typeof written === 'string' ? Date.parse(iso(written)) : written
  return typeof time === 'number' && time >= 0 && time < latest ? new Date(time).toISOString() : undefined
}

/** The same in the one form that ECMAScript knows; what has another is no date then. */
function iso(written: string): string {
  const [, date, time, zone = '', minutes] =
    /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?) ?(?:(UTC|Z|[+-]\d\d):?(\d\d)?)$/.exec(written) ?? []
  return `${date}T${time}${/^[+-]/.test(zone) ? `${zone}:${minutes ?? '00'}` : 'Z'}`
}
