import type { App } from 'aws-cdk-lib'
import { SettingsError, settingNames } from '../functions/settings/settings.ts'

/**
 * The settings among CDK's context (cdk.json, or `-c NAME=value`).
 * @throws SettingsError for a name that looks like a setting and is none
 */
export function settingsInContext(app: App): Record<string, unknown> {
  const context: Record<string, unknown> = app.node.getAllContext()
  const misspelt = Object.keys(context).filter(
    (name) => /^[a-z_]+$/i.test(name) && !(settingNames as string[]).includes(name),
  )
  if (misspelt.length > 0) throw new SettingsError(`${misspelt.join(', ')}: there is no such setting`)
  return Object.fromEntries(
    settingNames.flatMap((name) => (context[name] === undefined ? [] : [[name, context[name]]])),
  )
}
