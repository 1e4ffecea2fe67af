/** How far from 1970 ECMAScript counts, in milliseconds. */
const furthest = 8.64e15

/**
 * The moment that a payload writes, as `Date.toISOString` writes it: milliseconds since 1970, ISO 8601 (with or without a
 * colon in the offset), or GitLab's `2017-12-10 16:41:28 UTC`. One that no event may have happened at is passed on all the
 * same: such an event is reported, and changes nothing.
 * @returns undefined for what is no moment, such as a time without a zone
 */
export function parseTimestamp(written: unknown): string | undefined {
  const time = typeof written === 'string' ? Date.parse(iso(written)) : written
  return typeof time === 'number' && Math.abs(time) <= furthest ? new Date(time).toISOString() : undefined
}

const form = /^([+-]?)(\d{4,6})(-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(?:UTC|Z|([+-]\d\d):?(\d\d)?)$/

/** The same in the one form that ECMAScript knows; what has another is no date then. */
function iso(text: string): string {
  const [, sign = '', year = '', day, time, hours, minutes = '00'] = form.exec(text) ?? []
  const isLong = sign !== '' || year.length > 4
  const date = `${isLong ? `${sign || '+'}${year.padStart(6, '0')}` : year}${day}`
  return `${date}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`
}
