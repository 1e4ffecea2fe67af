import { readFileSync } from 'node:fs'
import { readSettings, type Settings, SettingsError, settingNames } from '../../functions/settings/settings.ts'

/**
 * Reads the settings of this machine: options of the command, then environment variables, then the file that BRIDGE_CONFIG
 * names; the first one that says a setting wins.
 * @throws SettingsError
 */
export function readLocalSettings(options: Record<string, string> = {}): Settings {
  const environment = Object.fromEntries(
    settingNames.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  )
  return readSettings({ ...configFile(process.env['BRIDGE_CONFIG']), ...environment, ...options }, 'one machine')
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
