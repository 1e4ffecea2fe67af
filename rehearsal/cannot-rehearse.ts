/** Something is missing on this machine, and says nothing of the bridge. */
export class CannotRehearse extends Error {
  override name = 'CannotRehearse'
}
