import { Annotations, App } from 'aws-cdk-lib'
import { exampleErpUrl, readSettings, SettingsError } from '../functions/settings/settings.ts'
import { BridgeStack } from '../lib/bridge-stack.ts'
import { settingsInContext } from '../lib/context.ts'

const app = new App()
try {
  const settings = readSettings(settingsInContext(app), 'AWS')
  const stack = new BridgeStack(app, `chatroom-bridge-${settings.STAGE}`, {
    settings,
    env: { region: settings.REGION },
    description: 'chatroom-bridge: webhooks bring chat messages of an iwERP up to date',
  })
  if (settings.ERP_BASE_URL === exampleErpUrl) {
    Annotations.of(stack).addWarningV2(
      'chatroom-bridge:example-erp',
      'ERP_BASE_URL is still the example: set it to your ERP host before you deploy',
    )
  }
} catch (error) {
  if (!(error instanceof SettingsError)) throw error
  console.error(`chatroom-bridge: ${error.message}`)
  process.exit(1)
}
