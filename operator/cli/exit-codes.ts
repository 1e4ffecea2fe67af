import { InvalidInputError } from '../invalid-input.ts'

/** The exit codes of every command, for scripts. */
export const exitCodes = {
  /** Done, also when there was nothing to do. */
  done: 0,
  /** Failed, or not everything could be done: standard error says what and why. */
  failed: 1,
  /** The arguments make no sense; nothing was looked at. */
  misused: 2,
  /** The command needs a confirmation that it did not get; nothing was changed. */
  notConfirmed: 3,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The exit code of a command that threw. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof InvalidInputError ? exitCodes.misused : exitCodes.failed
}
