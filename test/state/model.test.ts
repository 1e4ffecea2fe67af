import { describe, expect, it } from 'vitest'
import type { Register } from '../../functions/state/message/message-state.ts'
import type { QueuedUpdate } from '../../functions/state/queue-message.ts'
import { done, noon, react, reopened, unreact, update } from '../support/factories.ts'
import { model, refusedEmoji } from './model.ts'

const runs = 2_000
const emojis = ['👍', '❤️', refusedEmoji]
const actors = ['anna', 'ben']

/** An event that the story has accepted: of a repeat only the first arrival counts. */
type Accepted = { update: QueuedUpdate; key: string; time: number; receivedAt: number }

describe('the model', () => {
  it(`of workers that interleave, crash and repeat, an ERP that fails and people who edit converges in ${runs} stories`, async () => {
    const told = { steps: 0, puts: 0, crashes: 0, doubts: 0, edits: 0 }
    for (let seed = 1; seed <= runs; seed += 1) {
      const { story, edits } = await tell(seed).catch((error) => {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error })
      })
      told.steps += story.steps
      told.puts += story.puts
      told.crashes += story.crashes
      told.doubts += story.doubts
      told.edits += edits
    }
    console.log(
      `model: ${runs} stories, ${told.steps} steps, ${told.puts} PUTs, ${told.crashes} crashes, ${told.doubts} doubtful PUTs, ${told.edits} edits`,
    )
    expect(Math.min(...Object.values(told))).toBeGreaterThan(runs)
  }, 120_000)
})

/** Said once more in words of its own: the newest wish that nobody refused isn't the one that the ERP is known to show. */
function isDue(register: Register | undefined): boolean {
  const newest = register?.writes.find(({ parked }) => parked === undefined)
  return newest !== undefined && newest.identity !== register?.shown
}

async function tell(seed: number) {
  const world = model(seed)
  const { random } = world
  const accepted: Accepted[] = []
  const peoples: { id: number; emoji: string }[] = []
  let edits = 0
  /** What a person set after everything was fulfilled; the next newer event ends that. */
  let person: boolean | undefined

  const receive = () => {
    // Two events in one millisecond are told apart by a hash alone, which no oracle knows.
    world.pass(1)
    const known = accepted.length > 0 && random.chance(0.35) ? random.pick(accepted).update : undefined
    const receivedAt = new Date(world.now()).toISOString()
    const fresh = () => {
      const times = [undefined, -random.between(0, 3_600_000), 0, random.between(0, 600_000)]
      const offset = random.pick(times)
      const change = random.chance(0.65)
        ? random.pick([done, reopened])
        : random.pick([react, unreact])(random.pick(emojis))
      return update(change, {
        eventId: `e${accepted.length}`,
        actor: random.pick(actors),
        ...(offset !== undefined && { occurredAt: new Date(world.now() + offset).toISOString() }),
      })
    }
    const event = { ...(known ?? fresh()), receivedAt }
    world.accept([event])
    if (known) return
    const arrival = Date.parse(receivedAt)
    const time = Math.min(event.occurredAt === undefined ? arrival : Date.parse(event.occurredAt), arrival)
    const { change } = event
    const key = change.kind === 'reaction' ? `${change.emoji} ${event.actor}` : change.kind
    const newest = accepted.filter((other) => other.key === key).every((other) => other.time <= time)
    if (key === 'completed' && newest) person = undefined
    accepted.push({ update: event, key, time, receivedAt: arrival })
  }

  const edit = () => {
    if (!world.isQuiet()) return
    if (random.chance(0.5)) {
      if (world.hasUpdatesQueued() || isDue(world.state().registers['completed'])) return
      world.erp.completed = !world.erp.completed
      person = world.erp.completed
    } else {
      const added = { id: world.nextId(), emoji: random.pick(emojis.slice(0, 2)) }
      world.erp.reactions.push({ ...added })
      peoples.push(added)
    }
    edits += 1
  }

  for (let event = 0; event < 60; event += 1) {
    const what = random.next()
    // Now and then more of them than a register keeps.
    if (what < 0.02) for (let time = 0; time < 12; time += 1) receive()
    else if (what < 0.3) receive()
    else if (what < 0.42) edit()
    else if (what < 0.47) world.crash()
    else if (what < 0.5) world.loseAttempt()
    else if (what < 0.62) world.pass(random.pick([200, 3_000, 60_000, 20 * 60_000]))
    else if (what < 0.66) world.sweep()
    for (let step = random.between(0, 11); step > 0; step -= 1) {
      if (random.chance(0.4)) world.deliver()
      await world.go()
    }
  }
  await world.settle()

  // The oracle: per register the newest event that the ERP doesn't refuse.
  const wanted = new Map<string, Accepted>()
  for (const event of accepted) {
    const { change } = event.update
    if (change.kind === 'reaction' && change.present && change.emoji === refusedEmoji) continue
    const other = wanted.get(event.key)
    if (!other || event.time > other.time || (event.time === other.time && event.receivedAt > other.receivedAt))
      wanted.set(event.key, event)
  }
  const completed = wanted.get('completed')?.update.change
  const expected = person ?? (completed?.kind === 'completed' ? completed.value : false)
  expect({ completed: world.erp.completed }).toEqual({ completed: expected })
  for (const { id, emoji } of peoples) expect(world.erp.reactions).toContainEqual({ id, emoji })
  for (const emoji of emojis.slice(0, 2)) {
    const isWanted = actors.some((actor) => {
      const change = wanted.get(`${emoji} ${actor}`)?.update.change
      return change?.kind === 'reaction' && change.present
    })
    const isPeoples = peoples.some((reaction) => reaction.emoji === emoji)
    if (isWanted) expect({ emoji, shown: world.shows(emoji) }).toEqual({ emoji, shown: true })
    // After an answer that got lost an orphan of ours may stay; otherwise ours goes with the last who wanted it.
    else if (!isPeoples && world.story.doubts === 0)
      expect({ emoji, shown: world.shows(emoji) }).toEqual({ emoji, shown: false })
  }
  expect(world.shows(refusedEmoji)).toBe(false)
  expect(world.dead).toEqual([])
  expect(world.now()).toBeGreaterThan(noon)
  return { story: world.story, edits }
}
