import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDeliver } from '../functions/deliver/deliver.ts'
import type { Erp } from '../functions/erp/client.ts'
import { emptyObject, mergeObject, objectKey, toObjectRecord } from '../functions/state/object/object-state.ts'
import { encode, type QueuedLink, type QueuedObjectUpdate, updatesMessage } from '../functions/state/queue-message.ts'
import { openStorage } from '../local/storage/storage.ts'
import { rate, ratio } from './rate.ts'

/** How many objects are linked, and how many only held, in a workspace that has been busy for long. */
const many = 100_000
const events = 2_000

const folder = mkdtempSync(join(tmpdir(), 'chatroom-bridge-bench-'))
const { database, states, deadLetters, instance, close } = openStorage(folder)
const now = new Date().toISOString()
const source = 'slack'
const week = 7 * 24 * 3600_000
const change = { kind: 'completed', value: true } as const
const happened = (object: string, eventId: string): QueuedObjectUpdate => ({
  source,
  object,
  eventId,
  receivedAt: now,
  position: 0,
  hold: week,
  change,
})
const link = (object: string, messageId: string): QueuedLink => ({
  source,
  object,
  messageId,
  present: true,
  eventId: 'l',
  receivedAt: now,
  position: 0,
})

/** An ERP that answers at once and keeps nothing, so that what is measured is ours. */
const erp: Erp = {
  get: async () => ({ kind: 'answered', message: { completed: false, reactions: [], attachments: [] } }),
  put: async () => ({ kind: 'answered' }),
}
const deliver = createDeliver({
  erp,
  states,
  queue: { send: async () => {} },
  deadLetters,
  clock: Date.now,
  log: () => {},
  instance,
  isDead: () => false,
  leaseFor: 90_000,
  random: Math.random,
  lostAnswerWait: 60_000,
  spacing: 0,
  maxAge: week,
  host: { putClears: false },
})

/** Delivers queue messages in batches of ten, ten at once, as the worker does. */
async function delivered(bodies: string[]): Promise<void> {
  const batches = Array.from({ length: bodies.length / 10 }, (_, index) => bodies.slice(10 * index, 10 * index + 10))
  const one = async () => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) {
      const records = batch.map((body, index) => ({ messageId: String(index), body }))
      await deliver({ Records: records as Parameters<typeof deliver>[0]['Records'] })
    }
  }
  await Promise.all(Array.from({ length: 10 }, one))
}

async function save(object: string, asked: Parameters<typeof mergeObject>[1]): Promise<void> {
  const record = toObjectRecord(mergeObject(emptyObject(source, object), asked).state)
  if (record) await states.save(objectKey({ source, object }), record, undefined)
}

let round = 0
async function measure(what: string): Promise<{ held: number; linked: number }> {
  const held = await rate(`deliver: events of objects that nobody linked, ${what}`, events, () => {
    round += 1
    const bodies = Array.from({ length: events }, (_, index) =>
      encode(updatesMessage({ objectUpdates: [happened(`fresh ${round} ${index}`, `e${index}`)] })),
    )
    return delivered(bodies)
  })
  const linked = await rate(`deliver: events of linked objects, to the ERP, ${what}`, events, () => {
    round += 1
    const bodies = Array.from({ length: events }, (_, index) =>
      encode(updatesMessage({ objectUpdates: [happened(`linked ${index}`, `e${round}`)] })),
    )
    return delivered(bodies)
  })
  return { held, linked }
}

for (let index = 0; index < events; index += 1) {
  await save(`linked ${index}`, { updates: [], links: [link(`linked ${index}`, String(index))] })
}
const few = await measure('in a small store')
for (let from = 0; from < many; from += 500) {
  await Promise.all(
    Array.from({ length: 500 }, (_, index) => [
      save(`old ${from + index}`, { updates: [], links: [link(`old ${from + index}`, String(from + index))] }),
      save(`held ${from + index}`, { updates: [happened(`held ${from + index}`, 'e')], links: [] }),
    ]).flat(),
  )
}
const full = await measure(`among ${many.toLocaleString('en')} links and as many held`)
ratio('  held: among many / in a small store', full.held, few.held)
ratio('  linked: among many / in a small store', full.linked, few.linked)
const begin = performance.now()
const { length } = await states.linked(1_000_000)
console.log(`listing ${length.toLocaleString('en')} linked objects: ${Math.round(performance.now() - begin)} ms`)
const size = database.sqlite.prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size')
console.log(`the file: ${Math.round(Number(size.get()?.['bytes']) / 1e6)} MB`)
close()
rmSync(folder, { recursive: true })
