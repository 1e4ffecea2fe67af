import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Part, Said } from './part.ts'

type Role = 'worker' | 'front door'

/** The processes of a story: whoever is killed is replaced at once. */
export type Cast = {
  /** Where webhooks go. The same after every kill. */
  url: string
  /** Kills one of a role with -9. */
  kill(role: Role, index: number): void
  /** When (epoch ms) a worker of that name was killed; undefined while it lives. */
  killedAt(name: string): number | undefined
  kills: Record<Role, number>
  /** What processes had trouble with, and how often. */
  troubles: Map<string, number>
  /** Chat messages that a worker got no plain answer for, whatever the reason. */
  lostPutsOf: Set<string>
  /** Has every worker start anew, in another part; with -9 too. */
  recast(change: Pick<Part, 'erp'>): void
  end(): Promise<void>
}

/** Starts a front door and workers, and waits until all are ready. */
export async function startCast(first: Omit<Part, 'name' | 'port'>, workers: number): Promise<Cast> {
  let part = first
  const killed = new Map<string, number>()
  const troubles = new Map<string, number>()
  const alive = new Map<string, { name: string; child: ChildProcess }>()
  let generation = 0
  let isOver = false
  const cast: Cast = {
    url: '',
    kills: { worker: 0, 'front door': 0 },
    troubles,
    lostPutsOf: new Set(),
    killedAt: (name) => killed.get(name),
    kill(role, index) {
      const victim = alive.get(role === 'worker' ? `worker ${index % workers}` : role)
      // Whoever has not come back yet is dead already.
      if (!victim) return
      killed.set(victim.name, Date.now())
      cast.kills[role] += 1
      victim.child.kill('SIGKILL')
    },
    recast(change) {
      part = { ...part, ...change }
      for (let index = 0; index < workers; index += 1) cast.kill('worker', index)
    },
    async end() {
      isOver = true
      const ends = [...alive.values()].map(({ child }) => {
        child.kill('SIGKILL')
        return once(child, 'exit')
      })
      await Promise.all(ends)
    },
  }

  async function start(role: string): Promise<void> {
    generation += 1
    const name = `${role.replaceAll(' ', '-')}-${generation}`
    const port = cast.url ? Number(new URL(cast.url).port) : 0
    const file = role === 'front door' ? 'front-door.ts' : 'worker.ts'
    const child = fork(new URL(file, import.meta.url), [JSON.stringify({ ...part, name, port } satisfies Part)], {
      execPath: process.execPath,
    })
    const ready = new Promise<string>((resolve, reject) => {
      child.on('message', (said: Said) => {
        if ('ready' in said) resolve(said.ready)
        else if ('trouble' in said) troubles.set(said.trouble, (troubles.get(said.trouble) ?? 0) + 1)
        else cast.lostPutsOf.add(said.lostPutOf)
      })
      child.once('exit', (code) => {
        alive.delete(role)
        // Whoever ends by itself, or dies before it was ready, is missed all the same.
        if (!killed.has(name) && !isOver) reject(new Error(`${role} ended by itself, with ${code}`))
        if (!isOver) start(role).then(resolve as () => void, reject)
      })
    })
    alive.set(role, { name, child })
    const said = await ready
    if (role === 'front door' && !cast.url) cast.url = said
  }

  await Promise.all([start('front door'), ...Array.from({ length: workers }, (_, index) => start(`worker ${index}`))])
  return cast
}
