import type { ErpSession } from '../ports/ports.ts'

/** A token that settings fix, such as an API key. */
export function fixedSession(token: string): ErpSession {
  return { token: async () => token }
}
