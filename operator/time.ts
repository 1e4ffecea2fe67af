import * as z from 'zod'
import { InvalidInputError } from './invalid-input.ts'

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 24 * 3_600_000 }
const Moment = z.union([z.iso.date(), z.iso.datetime({ offset: true, local: true })])

/** Formats epoch ms so that `--since` takes it again. */
export function isoTime(at: number): string
export function isoTime(at: number | undefined): string | undefined
export function isoTime(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString()
}

/**
 * Reads how far back to look: `30m`, `2h`, `7d`, or a date with or without a time.
 * @returns epoch ms
 * @throws InvalidInputError
 */
export function parseSince(text: string, now: number): number {
  const duration = durationOf(text, 'mhd')
  if (duration !== undefined) return now - duration
  if (Moment.safeParse(text).success) return Date.parse(text)
  throw new InvalidInputError('--since: expected a time such as 30m, 2h, 7d, 2026-11-22 or 2026-11-22T19:00:00Z')
}

/**
 * Reads how long an enrollment window stays open: at most 24 hours.
 * @returns ms
 * @throws InvalidInputError
 */
export function parseWindow(text: string): number {
  const duration = durationOf(text, 'smh') ?? 0
  if (duration >= units.s && duration <= units.d) return duration
  throw new InvalidInputError('--for: expected a time of at most 24 hours, such as 30s, 10m or 2h')
}

function durationOf(text: string, allowed: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  return count !== undefined && allowed.includes(unit) ? Number(count) * units[unit as keyof typeof units] : undefined
}
