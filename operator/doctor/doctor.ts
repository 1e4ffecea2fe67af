import type { Settings } from '../../functions/settings/settings.ts'
import { learnsSecret, sourceOfKind } from '../../functions/sources/registry.ts'
import { errorMessage } from '../../local/error-messages.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import { type Check, failed, ok, warning } from './checks.ts'
import { checkErp } from './erp-check.ts'
import { checkFolder, checkNode, checkPort, checkPublicUrl } from './local-checks.ts'

/** Checks a bridge on this machine. `openBridge` is called once the settings and the folder are known to be usable. */
export async function checkLocal(
  readSettings: () => Promise<Settings>,
  openBridge: () => Promise<BridgeAccess>,
): Promise<Check[]> {
  const node = checkNode()
  let settings: Settings
  try {
    settings = await readSettings()
  } catch (error) {
    return [node, failed('settings', errorMessage(error), 'docs/settings.md has every setting')]
  }
  const machine = [
    node,
    ok('settings', 'read'),
    ...checkFolder(settings.DATA_DIR),
    await checkPort(settings),
    checkPublicUrl(settings),
  ]
  return [...machine, ...(await checkBridge(openBridge))]
}

/** Checks what both homes have: sources and the ERP. */
export async function checkBridge(openBridge: () => Promise<BridgeAccess>): Promise<Check[]> {
  let bridge: BridgeAccess
  try {
    bridge = await openBridge()
  } catch (error) {
    return [failed('bridge', errorMessage(error), 'do what it says, and run doctor again')]
  }
  try {
    return [...(await checkSources(bridge)), ...(await checkErp(bridge.erpHost, Date.now))]
  } finally {
    bridge.close()
  }
}

async function checkSources({ sources, secrets, home }: BridgeAccess): Promise<Check[]> {
  const checks: Check[] = []
  for (const [name, source] of sources) {
    const check = `source ${name}`
    // A stack's outputs do not name all options.
    const parsed = home === 'AWS' ? undefined : sourceOfKind(source.kind)?.options.safeParse({ ...source, name })
    if (parsed?.success === false) {
      const [issue] = parsed.error.issues
      checks.push(
        failed(check, `option ${issue?.path.join('.')}: ${issue?.message}; it answers 401`, 'correct SOURCES'),
      )
    } else if ((await secrets.of(name)).length === 0) {
      const isLearner = learnsSecret(source.kind)
      const command = `npx chatroom-bridge secrets ${isLearner ? 'learn' : 'add'} ${name}`
      if (!isLearner || home === 'AWS') checks.push(warning(check, 'no secret yet: it refuses everything', command))
    }
  }
  return checks.length > 0
    ? checks
    : [ok('sources', `${sources.size}, all with valid options and a secret where one is needed`)]
}
