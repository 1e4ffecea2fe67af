import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import cdk from '../cdk.json' with { type: 'json' }
import { readSettings } from '../functions/settings/settings.ts'
import { BridgeStack } from '../lib/bridge-stack.ts'
import { countCalls } from './cost/calls.ts'
import { pageWith } from './cost/page.ts'
import { standingIn } from './cost/stack.ts'
import { tablesOf } from './cost/tables.ts'

/** Prints the computed part of docs/cost.md; `write` puts it into that page instead. */
export async function printCost(print: (text: string) => void, { write = false } = {}): Promise<void> {
  const tables = tablesOf({ full: await countCalls(10), single: await countCalls(1), standing: standingIn(template()) })
  if (!write) return print(tables)
  const path = new URL('../docs/cost.md', import.meta.url)
  writeFileSync(path, pageWith(readFileSync(path, 'utf8'), tables))
}

/** The stack for production, without its functions' code. */
function template() {
  const outdir = mkdtempSync(join(tmpdir(), 'chatroom-bridge-cost-'))
  try {
    const app = new App({ outdir, context: { ...cdk.context, 'aws:cdk:bundling-stacks': [] } })
    const { ERP_BASE_URL, SOURCES } = cdk.context
    const settings = readSettings({ ERP_BASE_URL, SOURCES, STAGE: 'prod' }, 'AWS')
    const { stackName } = new BridgeStack(app, 'chatroom-bridge-prod', { settings, env: { region: settings.REGION } })
    return app.synth().getStackByName(stackName).template
  } finally {
    rmSync(outdir, { recursive: true })
  }
}
