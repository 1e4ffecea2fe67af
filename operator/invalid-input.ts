/** The operator's input makes no sense: an id, a time or an option of a wrong form. Nothing was looked at or changed. */
export class InvalidInputError extends Error {
  override name = 'InvalidInputError'
}
