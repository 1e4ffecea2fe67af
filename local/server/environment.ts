import { readFileSync } from 'node:fs'
import { readSettings, type Settings, SettingsError, settingNames } from '../../functions/settings/settings.ts'

/**
 * The settings of this machine: the file that BRIDGE_CONFIG names, with environment variables before it.
 * @throws SettingsError
 */
export function readLocalSettings(): Settings {
  const environment = Object.fromEntries(
    settingNames.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  )
  return readSettings({ ...configFile(process.env['BRIDGE_CONFIG']), ...environment }, 'one machine')
}

function configFile(path: string | undefined): Record<string, unknown> {
  if (!path) return {}
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { ...json }
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is not JSON' : error instanceof Error ? error.message : 'unknown'
    throw new SettingsError(`BRIDGE_CONFIG: ${path} can't be read: ${why}`)
  }
  throw new SettingsError(`BRIDGE_CONFIG: ${path}: expected a JSON object of settings`)
}

/** Whether npm started this process. */
export function isStartedByNpm(): boolean {
  return process.env['npm_lifecycle_event'] !== undefined
}
