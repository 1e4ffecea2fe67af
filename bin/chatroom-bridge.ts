#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'

enableCompileCache()
// Files of the data folder may hold personal data: only their owner may read them.
process.umask(0o077)

// Imported after the compile cache is on, so that it caches them.
const { runProgram } = await import('../operator/cli/program.ts')
const { processTerminal } = await import('../operator/cli/terminal.ts')
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

process.exitCode = await runProgram(process.argv.slice(2), {
  version,
  terminal: processTerminal(),
  async settings({ data }) {
    const { readLocalSettings } = await import('../local/server/environment.ts')
    return readLocalSettings(data === undefined ? {} : { DATA_DIR: data })
  },
  async openBridge({ stack, region, ...options }) {
    if (stack === undefined) {
      const { openLocalBridge } = await import('../operator/open/local-bridge.ts')
      return openLocalBridge(await this.settings(options))
    }
    // Only deployments need the AWS clients: `npm ci --omit=dev` leaves them out.
    const { openAwsBridge } = await import('../operator/open/aws-bridge.ts').catch((error) => {
      throw new Error('--stack needs the packages for deployments: run npm ci first', { cause: error })
    })
    return openAwsBridge(stack, region)
  },
})
