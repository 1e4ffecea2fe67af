import { expect } from 'vitest'
import { redrive } from '../../functions/state/message/message-state.ts'
import { toRecord } from '../../functions/state/message/schedule.ts'
import { chatMessage, type Delivery } from './delivery.ts'
import { done, reopened, update } from './factories.ts'

const day = 24 * 3600_000

/** The chat messages of an outage. */
export const outageMessages = Array.from({ length: 20 }, (_, index) => chatMessage({ id: index + 1 }))

/** Lets time pass in steps, and delivers what comes up in each. */
export async function live(delivery: Delivery, ms: number, step: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) {
    delivery.pass(step)
    await delivery.run()
  }
}

/**
 * Three days without the ERP, and events for every chat message all the time.
 * @param options.quiet ms that it goes on without events
 * @param options.events how many for each chat message
 */
export async function outage(delivery: Delivery, { quiet = 0, events = 500 } = {}): Promise<Delivery> {
  delivery.erp.fault = () => ({ kind: 'status', status: 503 })
  for (let index = 0; index < events; index += 1) {
    const receivedAt = new Date(delivery.clock()).toISOString()
    const change = index % 2 ? done : reopened
    const common = { eventId: `e${index}`, receivedAt }
    await delivery.accept(...outageMessages.map(({ id }) => update(change, { ...common, messageId: String(id) })))
    delivery.pass((3 * day) / events)
    if (index % 10 === 0) await delivery.run()
  }
  await live(delivery, quiet, 3600_000)
  await delivery.run()
  delivery.erp.fault = undefined
  return delivery
}

/** Everything was parked by age, and is made due again, as an operator would. */
export async function redriveAll(delivery: Delivery): Promise<void> {
  for (const { id } of outageMessages) {
    const state = await delivery.state(String(id))
    const stored = await delivery.states.load(String(id))
    const reasons = Object.values(state.registers).flatMap(({ writes }) => writes.map(({ parked }) => parked?.reason))
    expect(new Set(reasons)).toEqual(new Set(['age']))
    await delivery.states.save(String(id), toRecord(redrive(state), 0), stored?.version)
  }
  await delivery.sweep()
}

/** Every chat message is done, each by one PUT, and nothing was set aside. */
export async function expectAllDone(delivery: Delivery): Promise<void> {
  for (const { id } of outageMessages) {
    expect(delivery.erp.message(id)?.completed).toBe(true)
    const { registers } = await delivery.state(String(id))
    expect(Object.values(registers).flatMap(({ writes }) => writes.filter(({ parked }) => parked))).toEqual([])
  }
  expect(delivery.puts()).toHaveLength(outageMessages.length)
}
