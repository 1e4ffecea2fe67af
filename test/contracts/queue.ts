import { describe, expect, it } from 'vitest'
import type { Queue, ReceivedMessage } from '../../functions/ports/ports.ts'

/** A home's queue, as the contract needs it: time passes by `pass` (ms), on a clock of the test's or for real. */
export type QueueUnderTest = {
  queue: Queue
  deadLetters: Queue
  /** How often a message is received before it becomes a dead letter. */
  maxReceives: number
  pass(ms: number): Promise<void>
}

/** What every adapter of a queue promises. Times are whole seconds, which is what SQS knows. */
export function queueContract(name: string, open: () => Promise<QueueUnderTest>): void {
  const visibility = 2_000

  async function drain(queue: Queue, most = 10): Promise<ReceivedMessage[]> {
    const all: ReceivedMessage[] = []
    for (;;) {
      const some = await queue.receive({ max: most, visibility: 60_000 })
      if (some.length === 0) return all
      all.push(...some)
    }
  }
  const bodies = (messages: ReceivedMessage[]) => messages.map(({ body }) => body).sort()

  describe(`${name} as a queue`, () => {
    it('hands out what was sent, to the letter', async () => {
      const { queue } = await open()
      const sent = ['{"text":"Grüße 👋🏽 \\u0000 \\ud800"}', `{"text":"${'ü'.repeat(300_000)}"}`]
      for (const body of sent) await queue.send(body)
      const received = await drain(queue)
      expect(bodies(received)).toEqual([...sent].sort())
      expect(received.map(({ receives }) => receives)).toEqual([1, 1])
    })

    it('is empty when nothing was sent', async () => {
      const { queue } = await open()
      expect(await queue.receive({ max: 10, visibility })).toEqual([])
    })

    it('shows a message to nobody else while somebody has it, and again when that one has crashed', async () => {
      const { queue, pass } = await open()
      await queue.send('one')
      const [first] = await queue.receive({ max: 1, visibility })
      expect(await queue.receive({ max: 1, visibility })).toEqual([])
      await pass(visibility + 1_000)
      const [second] = await queue.receive({ max: 1, visibility })
      expect([first?.receives, second?.receives]).toEqual([1, 2])
      expect(second?.body).toBe('one')
    })

    it('never hands out again what was removed', async () => {
      const { queue, pass } = await open()
      await queue.send('one')
      const [message] = await queue.receive({ max: 1, visibility })
      await queue.remove(message?.receipt ?? '')
      await pass(visibility + 1_000)
      expect(await drain(queue)).toEqual([])
    })

    it('hands out a released message when its delay is over', async () => {
      const { queue, pass } = await open()
      await queue.send('one')
      const [message] = await queue.receive({ max: 1, visibility: 60_000 })
      await queue.release(message?.receipt ?? '', 2_000)
      expect(await queue.receive({ max: 1, visibility })).toEqual([])
      await pass(3_000)
      expect(bodies(await queue.receive({ max: 1, visibility }))).toEqual(['one'])
    })

    it('does nothing for a receipt that is outdated: another receiver has the message', async () => {
      const { queue, pass } = await open()
      await queue.send('one')
      const [first] = await queue.receive({ max: 1, visibility })
      await pass(visibility + 1_000)
      const [second] = await queue.receive({ max: 1, visibility: 60_000 })
      await queue.remove(first?.receipt ?? '')
      await queue.release(first?.receipt ?? '', 0)
      expect(await queue.receive({ max: 1, visibility })).toEqual([])
      await queue.release(second?.receipt ?? '', 0)
      expect(bodies(await queue.receive({ max: 1, visibility }))).toEqual(['one'])
    })

    it('keeps a delayed message back until its time', async () => {
      const { queue, pass } = await open()
      await queue.send('later', { delay: 2_000 })
      await queue.send('now')
      expect(bodies(await drain(queue))).toEqual(['now'])
      await pass(3_000)
      expect(bodies(await drain(queue))).toEqual(['later'])
    })

    it('makes a dead letter of what was received too often, and hands out its neighbours', async () => {
      const { queue, deadLetters, maxReceives, pass } = await open()
      await queue.send('poison')
      for (let time = 0; time < maxReceives; time += 1) {
        expect(await queue.receive({ max: 1, visibility: 1_000 })).toHaveLength(1)
        await pass(2_000)
      }
      await queue.send('neighbour')
      expect(bodies(await drain(queue))).toEqual(['neighbour'])
      expect(bodies(await drain(deadLetters))).toEqual(['poison'])
    })

    it('keeps the reason of a dead letter', async () => {
      const { deadLetters } = await open()
      await deadLetters.send('{"x":1}', { reason: 'not JSON: “oh”' })
      expect(await drain(deadLetters)).toMatchObject([{ body: '{"x":1}', reason: 'not JSON: “oh”' }])
    })

    it('loses and doubles nothing when many send and receive at once', async () => {
      const { queue } = await open()
      const sent = Array.from({ length: 200 }, (_, index) => `message ${index}`)
      await Promise.all(sent.map((body) => queue.send(body)))
      const received = await Promise.all([drain(queue), drain(queue), drain(queue), drain(queue)])
      expect(bodies(received.flat())).toEqual([...sent].sort())
    })
  })
}
