import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'

/** An empty folder that is gone when the test is, or when all tests of its `describe` are. */
export function temporaryFolder({ forAllTests = false } = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'chatroom-bridge-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  if (forAllTests) afterAll(remove)
  else onTestFinished(remove)
  return folder
}
