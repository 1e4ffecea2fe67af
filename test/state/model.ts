import { setImmediate as turn } from 'node:timers/promises'
import { createDeliver } from '../../functions/deliver/deliver.ts'
import type { Erp } from '../../functions/erp/client.ts'
import type { MessageStates, Queue } from '../../functions/ports/ports.ts'
import type { ChatroomMessage, ChatroomMessageData } from '../../functions/state/erp/chatroom-message.ts'
import { dueRegisters, emojiKey, emptyState, isDue, readState } from '../../functions/state/message/message-state.ts'
import { attemptMessage, encode, type QueuedUpdate } from '../../functions/state/queue-message.ts'
import type { SavedState, StoredState } from '../../functions/state/stored-state.ts'
import { record } from '../support/delivery.ts'
import { noon } from '../support/factories.ts'
import { seeded } from '../support/random.ts'

/** What the ERP of the model refuses, whatever else a PUT carries. */
export const refusedEmoji = '💩'

const functionTimeout = 100_000
const lostAnswerWait = 60_000
const minute = 60_000

type Worker = { busySince: number | undefined; instance: number }
/** One life of a worker: a crash ends it, and the next one has another instance. */
type Life = { worker: Worker; instance: number }
type Waiting = { worker: Worker; go: () => void; die: () => void }
type Message = { body: string; visibleAt: number; token: number }

/**
 * One chat message, several workers and an ERP, in memory. Every I/O step of a worker waits until the story lets it go on, so
 * that a seed decides how they interleave, what fails, who crashes where, and who edits what in between.
 */
export function model(seed: number, { workers: count = 3 } = {}) {
  const random = seeded(seed)
  let now = noon
  let isFair = false
  let tokens = 0
  const waiting: Waiting[] = []
  const late: { at: number; apply: () => void }[] = []
  let queue: Message[] = []
  const dead: string[] = []
  let stored: StoredState | undefined
  let sweepAt: number | undefined
  let lastId = 0
  const erp: ChatroomMessage = { id: 42, message_text: '', completed: false, reactions: [], attachments: [] }
  const story = { puts: 0, steps: 0, crashes: 0, doubts: 0 }
  const workers = Array.from({ length: count }, (): Worker => ({ busySince: undefined, instance: ++tokens }))

  /** One I/O step of a worker: its effect happens when the story comes to it, or never, if the worker dies before. */
  const step = <T>({ worker, instance }: Life, effect: () => T, onDeath: () => void = () => {}): Promise<T> =>
    new Promise((resolve, reject) => {
      // What a dead instance goes on to do never happens.
      if (worker.instance !== instance) return
      const go = () => {
        try {
          resolve(effect())
        } catch (error) {
          reject(error)
        }
      }
      waiting.push({ worker, go, die: onDeath })
    })

  function put(data: ChatroomMessageData): ChatroomMessage {
    const { reactions, ...rest } = data
    Object.assign(erp, rest)
    if (reactions) erp.reactions = reactions.map((reaction) => ({ ...reaction, id: reaction.id ?? ++lastId }))
    return structuredClone(erp)
  }

  const adaptersOf = (life: Life) => {
    const states: Pick<MessageStates, 'load' | 'save'> = {
      load: () => step(life, () => stored && { ...stored }),
      save: (_: string, saved: SavedState, loaded: number | undefined) =>
        step(life, () => {
          if (stored?.version !== loaded) return undefined
          stored = { body: saved.body, version: (loaded ?? 0) + 1 }
          sweepAt = saved.sweepAt
          return stored.version
        }),
    }
    const sender: Pick<Queue, 'send'> = {
      send: (body, { delay = 0 } = {}) => step(life, () => void enqueue(body, delay)),
    }
    const client: Erp = {
      get: () =>
        step(life, () =>
          !isFair && random.chance(0.1)
            ? ({ kind: 'unreachable', reason: 'model' } as const)
            : ({ kind: 'answered', message: structuredClone(erp) } as const),
        ),
      put: (_, data) => {
        const isRefused = JSON.stringify(data).includes(refusedEmoji)
        // Within the time that the bridge waits after a lost answer, counted from when it was sent.
        const sentAt = now
        const landsLate = () => {
          const at = sentAt + random.between(0, lostAnswerWait - 10_000)
          const apply = () => isRefused || void put(data)
          if (at <= now) apply()
          else late.push({ at, apply })
        }
        const crash = () => {
          if (random.chance(0.6)) landsLate()
        }
        return step(
          life,
          () => {
            story.puts += 1
            if (JSON.stringify(data).includes(refusedEmoji))
              return { kind: 'refused', status: 422, answer: '{}' } as const
            const chance = isFair ? 1 : random.next()
            if (chance < 0.08) return { kind: 'unreachable', reason: 'model' } as const
            if (chance < 0.2) {
              story.doubts += 1
              if (chance < 0.13) put(data)
              else if (chance < 0.17) landsLate()
              return { kind: 'lost', reason: 'model' } as const
            }
            const message = put(data)
            if (chance < 0.25) {
              story.doubts += 1
              return { kind: 'answered' } as const
            }
            return { kind: 'answered', message } as const
          },
          crash,
        )
      },
    }
    return { states, sender, client }
  }

  function enqueue(body: string, delay: number): void {
    queue.push({ body, visibleAt: now + delay, token: ++tokens })
  }

  const state = () => {
    if (!stored) return emptyState()
    const read = readState(stored.body)
    if ('unreadable' in read) throw new Error(`the model saved a state that is ${read.unreadable}`)
    return read.state
  }

  const visible = () => queue.filter(({ visibleAt }) => visibleAt <= now)
  const idle = () => workers.filter(({ busySince }) => busySince === undefined)

  /** A free worker takes what is visible; what it has is seen by nobody else until its time-out is over six times. */
  function deliver(): boolean {
    const [worker] = idle()
    const batch = visible().slice(0, 1 + random.between(0, 2))
    if (!worker || batch.length === 0) return false
    for (const message of batch) message.visibleAt = now + 6 * functionTimeout
    worker.busySince = now
    const { instance } = worker
    const life = { worker, instance }
    const { states, sender, client } = adaptersOf(life)
    const handler = createDeliver({
      erp: client,
      states,
      queue: sender,
      deadLetters: { send: (body) => step(life, () => void dead.push(body)) },
      clock: () => now,
      log: () => {},
      instance: String(instance),
      isDead: () => false,
      leaseFor: functionTimeout,
      random: random.next,
      lostAnswerWait,
      spacing: 500,
      maxAge: 365 * 24 * 60 * minute,
      host: { putClears: false },
    })
    void handler({ Records: batch.map(({ body, token }) => record(body, String(token))) }).then(
      ({ batchItemFailures }) => {
        if (worker.instance !== instance) return
        const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
        queue = queue.filter((message) => !batch.includes(message) || failed.has(String(message.token)))
        worker.busySince = undefined
      },
    )
    return true
  }

  /** The worker is gone: what it was about to do never happens, or happens without it. */
  function crash(worker: Worker): void {
    story.crashes += 1
    // A PUT whose answer it had, or would have had: nobody knows any more what was its own.
    story.doubts += 1
    worker.instance = ++tokens
    worker.busySince = undefined
    for (let index = waiting.length - 1; index >= 0; index -= 1) {
      const one = waiting[index]
      if (one?.worker !== worker) continue
      waiting.splice(index, 1)
      // It may have happened, only that nobody learned of it.
      if (random.chance(0.3)) one.go()
      else one.die()
    }
  }

  return {
    random,
    story,
    erp,
    dead,
    state,
    now: () => now,
    isQuiet: () => idle().length === count && late.length === 0,
    isBusy: () => idle().length < count,
    hasUpdatesQueued: () => queue.some(({ body }) => body.includes('"updates"')),
    nextId: () => ++lastId,
    /** Puts updates on the queue, now or with a delay, once or twice. */
    accept(updates: QueuedUpdate[]): void {
      const body = encode({ version: 1, kind: 'updates', updates })
      enqueue(body, random.chance(0.35) ? random.between(0, 5 * minute) : 0)
      if (random.chance(0.2)) enqueue(body, random.between(0, 30 * minute))
    },
    deliver,
    /** Lets one waiting step happen. @returns whether there was one */
    async go(): Promise<boolean> {
      if (waiting.length === 0) return false
      story.steps += 1
      const [one] = waiting.splice(random.between(0, waiting.length - 1), 1)
      one?.go()
      await turn()
      return true
    },
    crash() {
      const busy = workers.filter(({ busySince }) => busySince !== undefined)
      if (busy.length > 0) crash(random.pick(busy))
    },
    /** Loses an attempt from the queue. */
    loseAttempt() {
      const attempts = queue.filter(({ body }) => body.includes('"attempt"'))
      if (attempts.length > 0) {
        const lost = random.pick(attempts)
        queue = queue.filter((message) => message !== lost)
      }
    },
    sweep() {
      if (sweepAt !== undefined && sweepAt < now - minute) enqueue(encode(attemptMessage('42')), 0)
    },
    /** Lets time pass: late PUTs land, and a function that takes too long is killed. */
    pass(ms: number): void {
      now += ms
      for (const one of late.filter(({ at }) => at <= now)) {
        late.splice(late.indexOf(one), 1)
        one.apply()
      }
      for (const worker of workers)
        if (worker.busySince !== undefined && now - worker.busySince >= functionTimeout) crash(worker)
    },
    /** No more faults: everything that is queued is delivered, and everything that got lost is swept up. */
    async settle(): Promise<void> {
      isFair = true
      for (let round = 0; round < 2_000; round += 1) {
        for (let isMoving = true; isMoving; ) {
          const isDelivering = deliver()
          // A worker comes to its first step a few microtasks later.
          if (isDelivering) await turn()
          isMoving = (await this.go()) || isDelivering
        }
        if (!isDue(state()) && queue.length === 0 && late.length === 0) return
        this.pass(Math.max(1_000, Math.min(5 * minute, (queue[0]?.visibleAt ?? now) - now)))
        this.sweep()
      }
      throw new Error(`the model does not come to rest: ${dueRegisters(state()).length} due, ${queue.length} queued`)
    },
    shows: (emoji: string) => erp.reactions.some((reaction) => emojiKey(String(reaction.emoji)) === emojiKey(emoji)),
  }
}
