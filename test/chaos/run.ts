import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { clientSettings } from '../../functions/aws/client-settings.ts'
import type { Credentials } from '../../functions/secrets/session.ts'
import { type RecordedRequest, type SimulatedMessage, startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { seeded } from '../support/random.ts'
import { startCast } from './cast.ts'
import { fastClock, speed } from './clock.ts'
import { createFaults, refuses } from './faults.ts'
import { type ErpOfStory, erpToken, type Home, users } from './home.ts'
import { type AwsPlace, giveCredentials } from './on-aws.ts'
import { openHome, type Place } from './open-home.ts'
import { type Fate, judge, type PeoplesWill } from './oracle.ts'
import { sendAll } from './senders.ts'
import { forbidden, type Story, tell } from './story.ts'

export type ChaosOptions = {
  seed: number
  events: number
  home: 'one-machine' | 'aws'
  workers: number
  sessions: boolean
}

/** What was survived, and what was not. */
export type Outcome = ChaosOptions & {
  seconds: number
  accepted: number
  fates: Record<Fate, number>
  lost: string[]
  wrong: string[]
  /** Reactions and files that the bridge added and could not know for its own: it leaves those to people. */
  orphans: number
  requests: { sent: number; repeated: number; links: number; refused: number; unanswered: number }
  erp: {
    gets: number
    puts: number
    retries: number
    refusals: number
    faults: Record<string, number>
    outageMs: number
    /** What the ERP was asked for in `POST /api/logins`: sessions that it gave, and refusals; and sessions that ended. */
    logins: number
    refusedLogins: number
    expiries: number
  }
  kills: Record<'worker' | 'front door', number>
  edits: number
  troubles: Record<string, number>
}

/** Ends what a story has started. */
type Stop = () => unknown

/** Real ms until everything must have come to rest once senders are silent: several leases and backoffs. */
const patience = 180_000
const lookEvery = 200
/** Real ms that a session lasts, and that an operator takes to set a password that was changed. */
const sessionsLast = 3_000
const operatorTakes = 300
/** Real ms after a PUT until a worker has surely saved what it knows of it, or lost its lease. */
const leaseLasts = 120_000 / speed

/**
 * Tells a story and has it played by real processes, then judges what is left of it.
 * @param progress told now and then how far it is
 */
export async function runChaos(options: ChaosOptions, progress: (line: string) => void): Promise<Outcome> {
  const { seed, events } = options
  const start = Date.now()
  const clock = fastClock(start)
  const story = tell({ seed, count: events, start })
  const stops: Stop[] = []
  try {
    const erp = await startSimulatedErp({ messages: story.messages, token: erpToken })
    stops.push(erp.stop)
    const [user, changed] = users
    erp.sessions.users.set(user.username, user.password)
    erp.sessions.lasts = sessionsLast
    const erpOfStory: ErpOfStory = { url: erp.url, credentials: options.sessions ? user : undefined }
    const place = await makePlace(options.home, { ...erpOfStory, start }, stops)
    let outageUntil = 0
    const faults = createFaults({
      seed,
      isOut: () => Date.now() < outageUntil,
      isAlive: (request) => cast.killedAt(nameOf(request)) === undefined,
    })
    erp.fault = faults.fault
    const cast = await startCast({ start, place, erp: erpOfStory }, options.workers)
    stops.push(cast.end)
    const home = openHome(place, erpOfStory, clock)
    stops.push(home.close)

    // What the ERP has where no event has a say: at first, and as people change it meanwhile.
    const before = new Map(story.messages.map((message) => [String(message.id), structuredClone(message)]))
    let edits = 0
    const edit = (messageId: string, change: (message: SimulatedMessage) => void) => {
      erp.edit(messageId, change)
      edits += 1
    }
    const pending = planOf(story, {
      kill: cast.kill,
      outage: (ms) => {
        outageUntil = Date.now() + ms
      },
      edit(messageId, change) {
        edit(messageId, change)
        change(before.get(messageId) as SimulatedMessage)
      },
    })
    const requests = story.phases.flat(2).length
    if (options.sessions) {
      const changePassword = () => {
        erp.sessions.users.set(changed.username, changed.password)
        erp.sessions.revokeAll()
        // An operator comes once the bridge has complained.
        const looking = setInterval(() => {
          if (erp.sessions.refusals === 0) return
          clearInterval(looking)
          if (place.kind === 'aws') void tellAws(place, changed)
          else cast.recast({ erp: { ...erpOfStory, credentials: changed } })
        }, operatorTakes)
        stops.push(() => clearInterval(looking))
      }
      pending.unshift({ after: Math.floor(story.phases[0].flat().length / 2), happen: changePassword })
      pending.sort((one, other) => one.after - other.after)
    }

    const told = {
      answered: 0,
      repeated: 0,
      unanswered: 0,
      refused: 0,
      links: 0,
      accepted: new Set<number>(),
      wrong: [] as string[],
    }
    const resting = { waiting: 0, due: 0 }
    const say = setInterval(() => {
      const { worker, 'front door': door } = cast.kills
      const left = resting.waiting + resting.due > 0 ? `, ${resting.waiting} queued, ${resting.due} due` : ''
      progress(
        `${told.answered} of ${requests} requests, ${worker + door} kills, ${erp.requests.length} ERP calls${left}`,
      )
    }, 1_000)
    stops.push(() => clearInterval(say))
    const play = async (phase: 0 | 1) => {
      await sendAll(story, phase, cast.url, told, () => {
        while (pending[0] && pending[0].after <= told.answered) pending.shift()?.happen()
      })
      await rest(home, resting)
    }
    await play(0)
    const wills = peopleEdit(story, { edit, shown: erp.message })
    await play(1)

    const doubtful = erp.requests.filter(
      (request) =>
        request.method === 'PUT' &&
        (faults.doubtful.has(request) ||
          cast.lostPutsOf.has(messageOf(request)) ||
          (cast.killedAt(nameOf(request)) ?? Number.POSITIVE_INFINITY) < request.at + leaseLasts),
    )
    const verdict = await judgeAll(story, {
      home,
      told: told.accepted,
      before,
      wills,
      doubtful,
      shown: erp.message,
    })
    const puts = erp.requests.filter(({ method }) => method === 'PUT')
    const refusals = puts.filter(refuses).length
    const plain = puts.filter(
      (request) => !faults.doubtful.has(request) && !refuses(request) && request.status !== 401,
    ).length
    if (plain > verdict.accepted) verdict.wrong.push(`${plain} PUTs went well, for ${verdict.accepted} events`)
    if (puts.some(({ body }) => body.includes(forbidden))) verdict.wrong.push('what was refused reached the ERP')
    for (const letter of await home.deadLetters.receive({ max: 10, visibility: 60_000 })) {
      verdict.wrong.push(`a dead letter: ${letter.reason}`)
    }
    const { logins, refusals: refusedLogins } = erp.sessions
    const expiries = erp.sessions.ended()
    if (logins + refusedLogins > expiries + options.workers) {
      verdict.wrong.push(`${logins} logins and ${refusedLogins} refused ones, for ${expiries} expiries`)
    }
    return {
      ...options,
      seconds: Math.round((Date.now() - start) / 1000),
      ...verdict,
      wrong: [...told.wrong, ...verdict.wrong],
      requests: {
        sent: told.answered,
        repeated: told.repeated,
        links: told.links,
        refused: told.refused,
        unanswered: told.unanswered,
      },
      erp: {
        gets: erp.requests.filter(({ method }) => method === 'GET').length,
        puts: puts.length,
        retries: puts.length - plain,
        refusals,
        faults: Object.fromEntries([...faults.counts].sort()),
        outageMs: story.outage.ms,
        logins,
        refusedLogins,
        expiries,
      },
      kills: cast.kills,
      edits,
      troubles: Object.fromEntries(cast.troubles),
    }
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

/** Which worker called: its name goes as the build id. */
function nameOf({ url }: RecordedRequest): string {
  return new URL(url, 'http://erp').searchParams.get('iw-build-id') ?? ''
}

/** For which chat message it called. */
function messageOf({ url }: RecordedRequest): string {
  return new URL(url, 'http://erp').pathname.split('/').at(-1) ?? ''
}

async function makePlace(
  home: ChaosOptions['home'],
  erp: ErpOfStory & { start: number },
  stops: Stop[],
): Promise<Place> {
  if (home === 'one-machine') {
    const folder = mkdtempSync(join(tmpdir(), 'chatroom-bridge-chaos-'))
    stops.push(() => rmSync(folder, { recursive: true, force: true }))
    return { kind: 'one machine', folder }
  }
  const servers = fork(new URL('aws-servers.ts', import.meta.url), [JSON.stringify(erp)])
  stops.push(() => void servers.kill('SIGKILL'))
  const [place] = await once(servers, 'message')
  return place as Place
}

/** An operator of the stack stores a new password. */
async function tellAws({ secrets }: AwsPlace, credentials: Credentials): Promise<void> {
  const client = new SecretsManagerClient({ ...clientSettings(), ...secrets })
  await giveCredentials(client, credentials)
  client.destroy()
}

type Happening = { after: number; happen: () => void }

/** Kills, the outage and what people do while events come, in the order of the story. */
function planOf(
  { kills, outage, edits }: Story,
  {
    kill,
    outage: begin,
    edit,
  }: {
    kill: (victim: 'worker' | 'front door', index: number) => void
    outage: (ms: number) => void
    edit: (messageId: string, change: (message: SimulatedMessage) => void) => void
  },
): Happening[] {
  return [
    ...kills.map(({ after, victim, index }) => ({ after, happen: () => kill(victim, index) })),
    { after: outage.after, happen: () => begin(outage.ms) },
    ...edits.map(({ after, messageId, edit: what, number }) => ({
      after,
      happen: () =>
        edit(messageId, (message) => {
          if (what === 'text') message.message_text = `a person wrote ${number}`
          else {
            const others = message.reactions.filter(({ emoji }) => emoji !== '💛' && emoji !== '💚')
            message.reactions = [...others, { id: 1_000_000 + number, emoji: number % 2 ? '💛' : '💚' }]
          }
        }),
    })),
  ].sort((one, other) => one.after - other.after)
}

/** Waits until the queue is empty and nothing is due. `left` is told what is left. */
async function rest({ queued, states }: Home, left: { waiting: number; due: number }): Promise<void> {
  let quiet = 0
  for (const end = Date.now() + patience; quiet < 2; await wait(lookEvery)) {
    left.waiting = await queued()
    left.due = (await states.due(Number.POSITIVE_INFINITY, 1_000)).length
    quiet = left.waiting === 0 && left.due === 0 ? quiet + 1 : 0
    if (Date.now() > end) throw new Error(`nothing came to rest: ${left.waiting} queued, due: ${await dueOf(states)}`)
  }
}

/** What is due, as its records say when it is to be tried. */
async function dueOf(states: Home['states']): Promise<string> {
  const due = await states.due(Number.POSITIVE_INFINITY, 5)
  const records = await Promise.all(
    due.map(async ({ messageId }) => {
      const { attempts, nextAttemptAt, scheduledAt, lease } = JSON.parse((await states.load(messageId))?.body ?? '{}')
      return { messageId, attempts, nextAttemptAt, scheduledAt, lease }
    }),
  )
  return JSON.stringify(records)
}

/** People change what the bridge has brought to rest, where no newer event comes: that must stand. */
function peopleEdit(
  { messages, told, seed }: Story,
  {
    edit,
    shown,
  }: {
    edit: (messageId: string, change: (message: SimulatedMessage) => void) => void
    shown: (messageId: string) => SimulatedMessage | undefined
  },
): Map<string, PeoplesWill> {
  const random = seeded(seed ^ 0xed17)
  const wills = new Map<string, PeoplesWill>()
  const said = new Set(told.map(({ register }) => register))
  for (const first of messages) {
    const messageId = String(first.id)
    const will: PeoplesWill = { gone: [], added: [] }
    wills.set(messageId, will)
    const now = shown(messageId)
    if (!now || random.chance(0.6)) continue
    const own = new Set(first.reactions.map(({ emoji }) => emoji))
    const [brought] = now.reactions.filter(({ emoji }) => !own.has(emoji) && emoji !== '💛' && emoji !== '💚')
    if (said.has(`${messageId} completed`)) will.completed = !now.completed
    if (said.has(`${messageId} text`) && random.chance(0.5)) will.text = `a person wrote this to ${messageId}`
    if (brought && random.chance(0.5)) will.gone.push(brought.emoji)
    if (random.chance(0.5)) will.added.push('🧡')
    edit(messageId, (message) => {
      message.completed = will.completed ?? message.completed
      message.message_text = will.text ?? message.message_text
      message.reactions = message.reactions.filter(({ emoji }) => !will.gone.includes(emoji))
      message.reactions.push(...will.added.map((emoji, index) => ({ id: 2_000_000 + 10 * first.id + index, emoji })))
    })
  }
  return wills
}

/** Judges every chat message of the story. */
async function judgeAll(
  story: Story,
  {
    home,
    told,
    before,
    wills,
    doubtful,
    shown,
  }: {
    home: Home
    told: ReadonlySet<number>
    before: ReadonlyMap<string, SimulatedMessage>
    wills: ReadonlyMap<string, PeoplesWill>
    doubtful: RecordedRequest[]
    shown: (messageId: string) => SimulatedMessage | undefined
  },
) {
  const accepted = [...told].map((index) => story.told[index] as Story['told'][number])
  const byMessage = Map.groupBy(accepted, ({ event }) => event.messageId)
  const all = {
    accepted: accepted.length,
    fates: { fulfilled: 0, superseded: 0, stale: 0, parked: 0 },
    lost: [] as string[],
    wrong: [] as string[],
    orphans: 0,
  }
  for (const messageId of new Set([...before.keys(), ...byMessage.keys()])) {
    const mine = doubtful.filter((request) => messageOf(request) === messageId)
    const { fates, lost, wrong, orphans } = judge({
      messageId,
      told: byMessage.get(messageId) ?? [],
      before: before.get(messageId),
      will: wills.get(messageId) ?? { gone: [], added: [] },
      record: (await home.states.load(messageId))?.body,
      after: shown(messageId),
      isDoubtful: (element) => mine.some(({ body }) => body.includes(JSON.stringify(element))),
    })
    for (const fate of Object.keys(fates) as Fate[]) all.fates[fate] += fates[fate]
    all.lost.push(...lost)
    all.wrong.push(...wrong)
    all.orphans += orphans
  }
  return all
}
