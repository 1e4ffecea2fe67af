/** A line of the bridge's log. `at`: epoch ms; `message` says what it tells of, the rest are its fields. */
export type LogLine = { at: number; message: string } & Record<string, unknown>

/** The log of a home, as far as it is kept. */
export type LogLines = {
  /**
   * Finds the lines that hold any of some texts, oldest first.
   * @param query.since epoch ms
   */
  find(query: { texts: readonly string[]; since: number }): Promise<LogLine[]>
}

/** A line as it was written; undefined where it is none of the bridge's. @param at epoch ms, where the line says none */
export function lineOf(text: string, at?: number): LogLine | undefined {
  try {
    const { at: own = at, message, ...fields } = JSON.parse(text)
    return typeof own === 'number' && typeof message === 'string' ? { ...fields, at: own, message } : undefined
  } catch {
    return undefined
  }
}
