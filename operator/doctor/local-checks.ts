import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Settings } from '../../functions/settings/settings.ts'
import { listenUrl } from '../../local/url.ts'
import { type Check, failed, ok, skipped, warning } from './checks.ts'

/** Free bytes that a bridge should have. */
const enoughSpace = 500e6

/** Checks Node's version: what package.json brings along runs TypeScript without a build. */
export function checkNode(version = process.versions.node): Check {
  const major = Number(version.split('.')[0])
  return major >= 24
    ? ok('Node', version)
    : failed(
        'Node',
        `${version} is too old`,
        'run it by npm or npx, which use the Node 24 of this project, or install Node 24',
      )
}

/** Checks the data folder: rights, and space. */
export function checkFolder(folder: string): Check[] {
  const name = 'data folder'
  if (!existsSync(folder)) return [skipped(name, `${folder} is not there yet: npm start creates it`)]
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    return [failed(name, `${folder} cannot be written by this user`, 'run as its owner, or change its owner')]
  }
  const isOpen = (statSync(folder).mode & 0o077) !== 0
  const { bavail, bsize } = statfsSync(folder)
  const free = `${Math.round((bavail * bsize) / 1e6)} MB free`
  return [
    isOpen
      ? warning(name, `others can read ${folder}, which holds secrets and personal data`, `chmod 700 ${folder}`)
      : ok(name, folder),
    bavail * bsize < enoughSpace
      ? warning('disk', free, 'make room: while the disk is full, senders get 503')
      : ok('disk', free),
  ]
}

/** Checks that the port is free, or that a bridge answers on it. */
export async function checkPort({ HOST, PORT }: Settings): Promise<Check> {
  const name = `port ${PORT}`
  if (PORT === 0) return ok(name, 'a free one is taken')
  const url = listenUrl(HOST, PORT)
  const health = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
  if (health?.ok) return ok(name, `a bridge answers on ${url}`)
  const isFree = await new Promise<boolean>((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(PORT, HOST, () => server.close(() => resolve(true)))
  })
  return isFree
    ? ok(name, 'free')
    : failed(name, `something else listens on ${url}`, 'stop it, or set PORT to another port')
}

/** Checks how the outside calls the bridge. */
export function checkPublicUrl({ PUBLIC_URL }: Settings): Check {
  const name = 'PUBLIC_URL'
  if (PUBLIC_URL === undefined) {
    return skipped(name, 'not set: fine unless Trello or monday.com send, whose signatures cover the URL')
  }
  return PUBLIC_URL.startsWith('https:')
    ? ok(name, PUBLIC_URL)
    : warning(name, `${PUBLIC_URL} is not https`, 'put a server that speaks TLS in front of the bridge')
}
