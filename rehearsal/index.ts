import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import './localhost-names.ts'
import { CannotRehearse } from './cannot-rehearse.ts'
import { makeCertificate } from './certificate.ts'
import { createCommands } from './commands.ts'
import { createDeployment } from './deployment.ts'
import { type Emulator, preparePython, startEmulator } from './emulator.ts'
import { useThisNode } from './environment.ts'
import { type RehearsalErp, startErp, startErpBehind } from './erp.ts'
import { makeKey } from './key.ts'
import { dataOf, remove } from './leftovers.ts'
import { rehearse, type Step, sources } from './story.ts'

const usage = `npm run rehearse

Deploys the bridge with the CDK to an AWS emulator on this machine, sends it events, lets things go wrong, updates it and
deletes it. Needs Python 3.10 or newer, openssl, and once the emulator's packages from PyPI.

npm run rehearse -- --aws --erp URL [--erp-port 8799] [--region eu-central-1]

The same on a real account, with the credentials that the AWS SDK finds: as stages of names that nobody has, which are
deleted afterwards with all that they leave. The CDK must be bootstrapped in the account. URL is https and leads to the
ERP's port on this machine, as a tunnel does: a simulated ERP listens there, which can be made to fail. It costs some
cents. Nobody has tried this yet.`

/** Ends with this code where a rehearsal isn't possible, which says nothing of the bridge. */
const cannot = 3

const { values: given } = parseArgs({
  options: {
    aws: { type: 'boolean', default: false },
    erp: { type: 'string' },
    'erp-port': { type: 'string', default: '8799' },
    region: { type: 'string', default: 'eu-central-1' },
    help: { type: 'boolean', default: false },
  },
})
if (given.help || given.aws !== (given.erp !== undefined)) {
  console.log(usage)
  process.exit(given.help ? 0 : 1)
}

useThisNode()
const { region } = given
const folder = mkdtempSync(join(tmpdir(), 'chatroom-bridge-rehearsal-'))
const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.abort(new Error('stopped')))
const commands = createCommands(stopped.signal)
const begin = performance.now()
let emulator: Emulator | undefined
let erp: RehearsalErp | undefined

/** Prints a line for each step, and ends it when the rehearsal is stopped. */
const step: Step = async (name, work) => {
  const stepBegin = performance.now()
  const line = (sign: string) => console.log(`${sign} ${seconds(stepBegin).padStart(7)}  ${name}`)
  try {
    stopped.signal.throwIfAborted()
    const stop = new Promise<never>((_, reject) =>
      stopped.signal.addEventListener('abort', () => reject(stopped.signal.reason), { once: true }),
    )
    const result = await Promise.race([work(), stop])
    line('✓')
    return result
  } catch (error) {
    line('✗')
    throw error
  }
}

try {
  if (given.erp === undefined) await onEmulator()
  else await onAws(given.erp, Number(given['erp-port']))
  console.log(`The rehearsal passed in ${seconds(begin)}.`)
} catch (error) {
  if (emulator && !stopped.signal.aborted) console.error(`\nThe end of the emulator's log:\n${emulator.log()}`)
  console.error(`\n${told(error)}`)
  process.exitCode = error instanceof CannotRehearse ? cannot : 1
} finally {
  emulator?.stop()
  await erp?.stop()
  rmSync(folder, { recursive: true, force: true })
}
// Whatever a stopped step still waits for ends with this process.
process.exit()

async function onEmulator(): Promise<void> {
  const python = await step('Python and the emulator’s packages', () => preparePython(commands))
  const certificate = await makeCertificate(folder, commands)
  emulator = await step('the emulator listens', () => startEmulator({ python, folder, certificate, region }))
  erp = await startErp(certificate)
  await step('npx cdk bootstrap', () => commands.run(`npx cdk bootstrap --output ${join(folder, 'bootstrap')}`))
  const { arn } = await makeKey('rehearsal-key', region)
  await rehearse(
    { erp, region, key: arn, times: { purge: 0, sweep: 180 }, ...stages('rehearsal', erp.url, commands) },
    step,
  )
}

async function onAws(url: string, port: number): Promise<void> {
  const name = `rehearsal-${randomBytes(3).toString('hex')}`
  erp = await startErpBehind(url, port)
  const key = await makeKey(`chatroom-bridge-${name}-key`, region)
  try {
    await rehearse(
      { erp, region, key: key.arn, times: { purge: 60, sweep: 720 }, ...stages(name, url, commands) },
      step,
    )
  } finally {
    // Also when it was stopped: nothing is to stay in somebody's account.
    const { production, test } = stages(name, url, createCommands(new AbortController().signal))
    for (const deployment of [test, production]) {
      if (!(await deployment.exists())) continue
      const data = await dataOf(deployment)
      await deployment.unprotect()
      const { isDead, said } = await deployment.destroy()
      if (!isDead) console.error(`${deployment.name} is still there, delete it by hand:\n${said}`)
      await remove(data, region)
    }
    await key.remove()
  }
}

function stages(name: string, erpUrl: string, run: typeof commands) {
  const common = { region, commands: run }
  const settings = { ERP_BASE_URL: erpUrl, SOURCES: sources }
  return {
    production: createDeployment({
      ...common,
      stage: name,
      out: join(folder, 'production'),
      settings: { ...settings, PRODUCTION: true },
    }),
    test: createDeployment({ ...common, stage: `${name}-b`, out: join(folder, 'test'), settings }),
  }
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}

/** An error with its causes, a line each. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}\n${told(error.cause)}`
}
