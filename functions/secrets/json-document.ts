/** A JSON value that several processes share: a private file on one machine, a secret of Secrets Manager on AWS. */
export type JsonDocument<T> = {
  /**
   * @param options.fresh read past a cached value
   * @throws when it can't be read; the message repeats nothing of what the document holds
   */
  read(options?: { fresh?: boolean }): Promise<T>
  /**
   * Replaces the value by `changed`, without losing what others write meanwhile; writes nothing where that is absent.
   * @param change is called again when another process wrote first
   */
  edit<Result>(change: (value: T) => { changed?: T | undefined; result: Result }): Promise<Result>
}

/** Reads an entry whose name others chose, such as `constructor`: inherited properties don't count. */
export function ownValue<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
