import { join } from 'node:path'
import {
  createWebhookSecrets,
  Learning,
  SecretsBySource,
  type WebhookSecretStore,
} from '../../functions/secrets/webhook-secrets.ts'
import { type JsonFile, jsonFile, lockedDocument } from './json-file.ts'

/**
 * The webhook secrets of this machine, added and learned, in a file of DATA_DIR; a second file holds the windows in which
 * sources may learn. The next request sees a change.
 * @param given secrets from the settings; they win source by source
 */
export function openSecrets(folder: string, given: SecretsBySource = {}): WebhookSecretStore {
  const lockFile = join(folder, 'secrets.lock')
  const secrets = jsonFile(join(folder, 'secrets.json'), SecretsBySource, { command: 'add', mayVanish: false })
  const { windows: Windows } = Learning.shape
  const windows = jsonFile(join(folder, 'learning.json'), Windows, { command: 'learn', mayVanish: true })
  const learning: JsonFile<Learning> = {
    read: () => ({ windows: windows.read(), secrets: secrets.read() }),
    write(value) {
      // In this order a crash between the two leaves no window open.
      windows.write(value.windows)
      secrets.write(value.secrets)
    },
  }
  return createWebhookSecrets({
    added: lockedDocument(lockFile, secrets),
    learning: lockedDocument(lockFile, learning),
    given,
  })
}
