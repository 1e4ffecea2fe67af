import { spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CannotRehearse } from './cannot-rehearse.ts'
import type { Certificate } from './certificate.ts'
import { type Commands, endGroup } from './commands.ts'
import { environment, stayHere } from './environment.ts'

const root = new URL('..', import.meta.url).pathname
const requirements = join(root, 'rehearsal/requirements.txt')
/** ms that it may take until it listens. */
const patience = 30_000
/** Amazon's own in examples. */
const account = '111122223333'
/** Lines of its log that tell a failure's story. */
const linesTold = 40

/** AWS, as far as programs on this machine can tell. */
export type Emulator = {
  /** The end of its log. */
  log(): string
  stop(): void
}

/**
 * Brings the emulator's packages into a virtual environment, once per version of requirements.txt.
 * @returns the path of its Python
 * @throws CannotRehearse where there is no Python, or the packages can't be had
 */
export async function preparePython(commands: Commands): Promise<string> {
  const folder = join(root, '.rehearsal', `python-${hash('sha256', readFileSync(requirements)).slice(0, 12)}`)
  const [python, complete] = [join(folder, 'bin/python'), join(folder, 'complete')]
  if (existsSync(complete)) return python
  const version = await commands.end('python3 --version').catch(() => undefined)
  const [, minor] = /^Python 3\.(\d+)/.exec(version?.all ?? '') ?? []
  if (!(Number(minor) >= 10)) {
    throw new CannotRehearse(`expected Python 3.10 or newer as python3, found ${version?.all.trim() ?? 'none'}`)
  }
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  try {
    await commands.run(`python3 -m venv ${folder}`)
    await commands.run(`${python} -m pip install --quiet --disable-pip-version-check --retries 1 -r ${requirements}`)
  } catch (cause) {
    throw new CannotRehearse('the emulator’s packages can’t be had', { cause })
  }
  writeFileSync(complete, '')
  return python
}

/**
 * Starts the emulator, with nothing in it, on a free port of loopback, and points every AWS client of this process and of
 * those that it starts there. It speaks TLS only, and allows each role what its policies allow, as AWS does.
 * @param options.folder takes its data and its log
 * @throws when it doesn't listen
 */
export async function startEmulator({
  python,
  folder,
  certificate,
  region,
}: {
  python: string
  folder: string
  certificate: Certificate
  region: string
}): Promise<Emulator> {
  stayHere()
  Object.assign(environment, {
    NODE_EXTRA_CA_CERTS: certificate.file,
    NODE_OPTIONS: `--import=${new URL('localhost-names.ts', import.meta.url).href}`,
  })
  const port = String(await freePort())
  const logFile = join(folder, 'emulator.log')
  const output = openSync(logFile, 'w')
  const child = spawn(python, [join(root, 'rehearsal/emulator.py')], {
    cwd: folder,
    detached: true,
    // It ends when its input does, however this process ends.
    stdio: ['pipe', output, output],
    env: {
      ...environment,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: port,
      MINISTACK_HOST: 'localhost',
      MINISTACK_REGION: region,
      MINISTACK_ACCOUNT_ID: account,
      AUTH: 'true',
      USE_SSL: '1',
      MINISTACK_SSL_CERT: certificate.file,
      MINISTACK_SSL_KEY: certificate.keyFile,
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      LAMBDA_EXECUTOR: 'local',
      // What a new account has.
      LAMBDA_ACCOUNT_CONCURRENCY: '10',
      STATE_DIR: join(folder, 'state'),
      S3_DATA_DIR: join(folder, 's3'),
      TMPDIR: folder,
    },
  })
  const emulator = {
    log: () => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-linesTold).join('\n'),
    stop: () => endGroup(child.pid),
  }
  const endpoint = `https://127.0.0.1:${port}`
  try {
    for (const end = Date.now() + patience; !(await answers(`${endpoint}/_ministack/health`)); await wait(100)) {
      if (child.exitCode !== null || Date.now() > end) throw new Error(`the emulator did not start:\n${emulator.log()}`)
    }
  } catch (error) {
    emulator.stop()
    throw error
  }
  Object.assign(environment, {
    AWS_ENDPOINT_URL: endpoint,
    // By which the emulator knows its account's root.
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: region,
    AWS_CA_BUNDLE: certificate.file,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  })
  return emulator
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )
}

/** A port that nobody listens on; whoever asked listens there a moment later. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('expected a port')
  return address.port
}
