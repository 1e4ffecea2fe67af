import { expect, it } from 'vitest'
import { createLog } from '../../local/logging/logfmt.ts'
import { rateLimitedLog } from '../../local/logging/rate-limited-log.ts'
import { logStorageErrors } from '../../local/storage/storage-errors.ts'
import { stoppedClock } from '../support/clock.ts'

function logOnClock() {
  const { now: clock, advance } = stoppedClock()
  const lines: string[] = []
  const log = createLog((line) => lines.push(line.slice(line.indexOf('Z') + 2)))
  return { clock, advance, lines, log }
}

it('trouble with the disk is said once a minute, with how much failed, and once that it is over', () => {
  const { clock, advance, lines, log } = logOnClock()
  const { failed, succeeded } = logStorageErrors(log, clock)
  succeeded()
  for (let second = 0; second < 90; second += 1) {
    failed(new Error('the disk is full'))
    succeeded()
    advance(1_000)
  }
  succeeded()
  expect(lines).toHaveLength(2)
  advance(3_000)
  succeeded()
  succeeded()
  expect(lines).toEqual([
    '"can not store" why="the disk is full" writesFailed=1',
    '"can not store" why="the disk is full" writesFailed=61',
    '"can store again" seconds=93 writesFailed=90',
  ])
})

it('a log that says trouble sparingly says the same once in ten seconds, and all that is well', () => {
  const { clock, advance, lines, log } = logOnClock()
  const sparingly = rateLimitedLog(log, clock)
  for (let second = 0; second < 20; second += 1) {
    sparingly('failed', { messageId: String(second), error: 'Error' })
    sparingly('webhook', { source: 'generic', status: 503 })
    sparingly('webhook', { source: 'generic', status: second })
    advance(1_000)
  }
  expect(lines.filter((line) => line.startsWith('failed'))).toEqual([
    'failed messageId=0 error=Error',
    'failed messageId=10 error=Error leftOut=9',
  ])
  expect(lines.filter((line) => line.includes('status=503'))).toHaveLength(2)
  expect(lines).toHaveLength(24)
})
