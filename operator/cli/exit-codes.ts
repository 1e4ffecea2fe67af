/** How every command of an operator's ends, for scripts. */
export const exitCodes = {
  /** Also when there was nothing to do. */
  done: 0,
  /** Nothing of it was done, or not all: what and why was printed. */
  failed: 1,
  /** The arguments make no sense; nothing was looked at. */
  misused: 2,
  /** It needs a confirmation that nobody gave; nothing was changed. */
  notConfirmed: 3,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The arguments of a command make no sense. */
export class UsageError extends Error {}

/** The exit code of a command that threw. */
export function exitCodeOf(error: unknown): ExitCode {
  const isOfParseArgs = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  return isOfParseArgs || error instanceof UsageError ? exitCodes.misused : exitCodes.failed
}
