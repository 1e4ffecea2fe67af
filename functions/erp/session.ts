/** The token that goes into `x-session-token`: a session's or an API key. */
export type ErpSession = {
  /** @param options.fresh look past any cache: the ERP refused the last one */
  token(options?: { fresh?: boolean }): Promise<string>
}

/** A token that settings fix, such as an API key. */
export function fixedSession(token: string): ErpSession {
  return { token: async () => token }
}
