import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { lock } from '../../local/files/process-lock.ts'
import { openApiTokens } from '../../local/secrets/api-tokens.ts'
import { openSecrets } from '../../local/secrets/webhook-secrets.ts'
import { type Database, openDatabase } from '../../local/storage/database.ts'
import { joinInstances } from '../../local/storage/instances.ts'
import { createSqliteQueue } from '../../local/storage/queue.ts'
import { createSqliteMessageStates } from '../../local/storage/states.ts'
import { apiTokensContract } from '../contracts/api-tokens.ts'
import { messageStatesContract } from '../contracts/message-states.ts'
import { queueContract } from '../contracts/queue.ts'
import { webhookSecretsContract } from '../contracts/webhook-secrets.ts'
import { stoppedClock } from '../support/clock.ts'
import { noon } from '../support/factories.ts'
import { temporaryFolder } from '../support/folder.ts'

function database(folder = temporaryFolder()): Database {
  const opened = openDatabase(folder)
  onTestFinished(() => opened.close())
  return opened
}

const maxReceives = 3

queueContract('SQLite', async () => {
  const file = database()
  const { now: clock, advance } = stoppedClock()
  const common = { clock, receiver: 'test' }
  return {
    queue: createSqliteQueue(file, { ...common, name: 'events', deadLetters: 'dead', maxReceives }),
    deadLetters: createSqliteQueue(file, { ...common, name: 'dead' }),
    maxReceives,
    pass: async (ms) => advance(ms),
  }
})

messageStatesContract('SQLite', async () => createSqliteMessageStates(database()))

webhookSecretsContract('A file', async () => {
  const folder = temporaryFolder()
  const bytesOf = (name: string) => existsSync(join(folder, name)) && readFileSync(join(folder, name), 'utf8')
  return {
    secrets: openSecrets(folder),
    another: () => openSecrets(folder),
    openWindow: async (source, until) => openSecrets(folder).openWindow(source, until, 0),
    everything: async () => [bytesOf('secrets.json'), bytesOf('learning.json')],
    async store(source, secrets) {
      const operator = openSecrets(folder)
      for (const secret of secrets.toReversed()) await operator.add(source, secret)
      const [newest = ''] = secrets
      if (secrets.length === 1 && (await operator.of(source))[0] === newest) await operator.retire(source)
    },
  }
})

apiTokensContract('A file', async () => {
  const folder = temporaryFolder()
  const operator = openApiTokens(folder)
  return { tokens: openApiTokens(folder), store: operator.store }
})

describe('the file of API tokens', () => {
  it('can be read by its owner alone, never shows in an error, and yields to settings', async () => {
    const folder = temporaryFolder()
    const tokens = openApiTokens(folder, { asana: 'fixed' })
    await tokens.store('asana', 'stored')
    const path = join(folder, 'api-tokens.json')
    expect([statSync(path).mode & 0o777, await tokens.of('asana')]).toEqual([0o600, 'fixed'])
    writeFileSync(path, '{"asana": "stored", "spoilt": 7}')
    await expect(openApiTokens(folder).of('asana')).rejects.toThrow(
      /api-tokens\.json can't be read \(expected the JSON/,
    )
    await expect(openApiTokens(folder).of('asana')).rejects.not.toThrow(/stored/)
  })
})

describe('the SQLite file', () => {
  it('still has everything that was acknowledged when another process opens it', async () => {
    const folder = temporaryFolder()
    const { now: clock } = stoppedClock()
    const first = database(folder)
    await createSqliteQueue(first, { name: 'events', clock, receiver: 'first' }).send('kept')
    const second = createSqliteQueue(database(folder), { name: 'events', clock, receiver: 'second' })
    expect(await second.receive({ max: 1, visibility: 1 })).toMatchObject([{ body: 'kept' }])
  })

  it('hands out at once what a dead process had in its hands', async () => {
    const folder = temporaryFolder()
    const { now: clock } = stoppedClock()
    const dead = createSqliteQueue(database(folder), { name: 'events', clock, receiver: 'dead' })
    await dead.send('in flight')
    await dead.send('delayed', { delay: 5_000 })
    await dead.receive({ max: 10, visibility: 60_000 })
    const next = createSqliteQueue(database(folder), { name: 'events', clock, receiver: 'next' })
    await next.releaseOfDeadProcesses((receiver) => receiver === 'dead')
    expect(await next.receive({ max: 10, visibility: 60_000 })).toMatchObject([{ body: 'in flight' }])
  })

  it('fails a write that can not be done without failing those of the same commit', async () => {
    const { write, sqlite } = database()
    const good = write(() =>
      sqlite.prepare("INSERT INTO states (message_id, body, version) VALUES ('1', '{}', 1)").run(),
    )
    const bad = write(() =>
      sqlite.prepare("INSERT INTO states (message_id, body, version) VALUES ('2', NULL, 1)").run(),
    )
    await expect(bad).rejects.toThrow(/NOT NULL/)
    await expect(good).resolves.toMatchObject({ changes: 1 })
  })

  it('of a newer version is refused, with a line that says so', () => {
    const folder = temporaryFolder()
    const newer = openDatabase(folder)
    newer.sqlite.exec('PRAGMA user_version = 99')
    newer.close()
    expect(() => openDatabase(folder)).toThrow(/newer version/)
  })

  it('of one folder serves one bridge at a time', () => {
    const folder = temporaryFolder()
    const unlock = lock(folder)
    expect(() => lock(folder)).toThrow(/another chatroom-bridge runs/)
    unlock()
    lock(folder)()
  })
})

describe('SQLite', () => {
  it('deletes what has expired, and nothing else', async () => {
    const states = createSqliteMessageStates(database())
    await states.save('old', { body: '{}', expiresAt: 1_000 }, undefined)
    await states.save('young', { body: '{}', expiresAt: 3_000 }, undefined)
    await states.expire(2_000)
    expect([await states.load('old'), (await states.load('young'))?.body]).toEqual([undefined, '{}'])
  })
})

describe('processes that share the data', () => {
  it('know of each other who lives, and who has left', () => {
    const folder = temporaryFolder()
    const [one, other, third] = [joinInstances(folder), joinInstances(folder), joinInstances(folder)]
    expect([one.isDead(one.own), one.isDead(other.own), other.isDead(one.own)]).toEqual([false, false, false])
    other.leave()
    expect([one.isDead(other.own), third.isDead(other.own), one.isDead(third.own)]).toEqual([true, true, false])
    one.leave()
    third.leave()
  })

  it('know at once that one was killed', async () => {
    const folder = temporaryFolder()
    const program = `import { joinInstances } from './local/storage/instances.ts'
      const joined = joinInstances(process.argv[1])
      console.log(joined.own)
      // Whoever forgets it gives its lock back at the next garbage collection.
      setInterval(() => joined, 1_000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder])
    onTestFinished(() => void child.kill('SIGKILL'))
    const [line] = await once(child.stdout, 'data')
    const { isDead, leave } = joinInstances(folder)
    onTestFinished(leave)
    expect(isDead(String(line).trim())).toBe(false)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isDead(String(line).trim())).toBe(true)
    // Of what was killed long ago nothing is left, and nothing else ever was.
    const home = join(folder, 'instances')
    for (const left of readdirSync(home)) utimesSync(join(home, left), 0, 0)
    const late = joinInstances(folder)
    expect(readdirSync(home)).toEqual(expect.arrayContaining([late.own]))
    expect(readdirSync(home)).toHaveLength(2)
    late.leave()
  })

  it('clear away what those left behind that ended long ago', () => {
    const folder = temporaryFolder()
    joinInstances(folder).leave()
    const left = join(folder, 'instances', 'left-behind')
    writeFileSync(left, '')
    utimesSync(left, 0, 0)
    joinInstances(folder).leave()
    expect(existsSync(left)).toBe(false)
  })
})

describe('the secrets file', () => {
  it('can be read by its owner alone, like the file of windows', async () => {
    const folder = temporaryFolder()
    await openSecrets(folder).add('generic')
    await openSecrets(folder).openWindow('asana', 2, 1)
    for (const name of ['secrets.json', 'learning.json']) {
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    }
  })

  it('forgets the secrets and the window of one source, and nothing else', async () => {
    const secrets = openSecrets(temporaryFolder())
    await secrets.add('generic', 'kept')
    await secrets.openWindow('notion', noon + 1, noon)
    await secrets.openWindow('asana', noon + 1, noon)
    expect([await secrets.window('asana', noon), await secrets.window('asana', noon + 1)]).toEqual([
      noon + 1,
      undefined,
    ])
    expect(await secrets.learn('asana', 'brought', noon)).toBe(true)
    await secrets.openWindow('asana', noon + 1, noon)
    expect([await secrets.forget('asana'), await secrets.forget('asana')]).toEqual([1, 0])
    expect([await secrets.of('generic'), await secrets.of('asana')]).toEqual([['kept'], []])
    expect([await secrets.window('asana', noon), await secrets.window('notion', noon)]).toEqual([undefined, noon + 1])
  })

  it('learns nothing for a source whose secrets the settings fix, even as an empty list', async () => {
    const secrets = openSecrets(temporaryFolder(), { asana: [] })
    await secrets.openWindow('asana', noon + 1, noon)
    expect(await secrets.learn('asana', 'brought', noon)).toBe(false)
  })

  it('loses nothing when several processes add secrets at the same time', async () => {
    const folder = temporaryFolder()
    const program = `import { openSecrets } from './local/secrets/webhook-secrets.ts'
      const [folder, name] = process.argv.slice(1)
      for (let count = 0; count < 20; count += 1) await openSecrets(folder).add(name)`
    const names = ['one', 'two', 'three']
    const added = names.map((name) => spawn(process.execPath, ['--input-type=module', '-e', program, folder, name]))
    await Promise.all(added.map((child) => once(child, 'exit')))
    const counts = await Promise.all(names.map(async (name) => (await openSecrets(folder).of(name)).length))
    expect(counts).toEqual([20, 20, 20])
  })

  it('gets secrets of 32 random bytes', async () => {
    const secrets = openSecrets(temporaryFolder())
    const made = await secrets.add('generic')
    expect(Buffer.from(made.replace('whsec_', ''), 'base64')).toHaveLength(32)
    expect(await secrets.add('generic')).not.toBe(made)
  })

  it('yields to the settings, source by source', async () => {
    const folder = temporaryFolder()
    const stored = await openSecrets(folder).add('github')
    const secrets = openSecrets(folder, { generic: ['given'] })
    expect([await secrets.of('generic'), await secrets.of('github')]).toEqual([['given'], [stored]])
  })

  it('causes an error when it vanishes while the bridge runs, so that senders try again', async () => {
    const folder = temporaryFolder()
    const secrets = openSecrets(folder)
    expect(await secrets.of('generic')).toEqual([])
    const added = await secrets.add('generic')
    expect(await secrets.of('generic')).toEqual([added])
    renameSync(join(folder, 'secrets.json'), join(folder, 'elsewhere'))
    await expect(secrets.of('generic')).rejects.toThrow(/secrets\.json is gone: bring it back/)
    renameSync(join(folder, 'elsewhere'), join(folder, 'secrets.json'))
    expect(await secrets.of('generic')).toEqual([added])
  })

  it('leaves no temporary file behind when it can’t be replaced', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'secrets.json', 'a folder'), { recursive: true })
    await expect(openSecrets(folder).add('generic')).rejects.toThrow(/secrets\.json/)
    expect(readdirSync(folder)).toEqual(['secrets.json', 'secrets.lock'])
  })

  it('is kept when it can’t be read, and the error repeats no content', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'secrets.json')
    writeFileSync(path, '{"generic": "tiptop"')
    await expect(openSecrets(folder).add('github')).rejects.toThrow(/secrets\.json can't be read/)
    await expect(openSecrets(folder).add('github')).rejects.not.toThrow(/tiptop/)
    expect(readFileSync(path, 'utf8')).toContain('tiptop')
  })
})
