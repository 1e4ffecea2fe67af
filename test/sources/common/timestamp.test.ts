import { describe, expect, it } from 'vitest'
import { parseTimestamp } from '../../../functions/sources/common/timestamp.ts'

describe('a time that a payload writes', () => {
  it.each([
    ['2017-12-10 16:41:28 UTC', '2017-12-10T16:41:28.000Z'],
    ['2017-12-10 16:41:28 +0100', '2017-12-10T15:41:28.000Z'],
    ['2017-12-10T16:41:28.5-0330', '2017-12-10T20:11:28.500Z'],
    ['2017-12-10T16:41Z', '2017-12-10T16:41:00.000Z'],
    ['2013-12-03T17:15:43.123Z', '2013-12-03T17:15:43.123Z'],
    [1_512_924_088_123, '2017-12-10T16:41:28.123Z'],
  ])('%s is %s', (written, moment) => expect(parseTimestamp(written)).toBe(moment))

  it.each([
    ['12026-11-22T12:00:00Z', '+012026-11-22T12:00:00.000Z'],
    ['+012026-11-22T12:00:00Z', '+012026-11-22T12:00:00.000Z'],
    ['-000001-11-22T12:00:00+01:00', '-000001-11-22T11:00:00.000Z'],
    ['0001-11-22T12:00:00Z', '0001-11-22T12:00:00.000Z'],
    [-1, '1969-12-31T23:59:59.999Z'],
    [8.64e15, '+275760-09-13T00:00:00.000Z'],
  ])('%s is passed on, though nothing may have happened then', (written, moment) => {
    expect(parseTimestamp(written)).toBe(moment)
  })

  it.each([
    ['2017-12-10 16:41:28'],
    ['2017-13-10 16:41:28 UTC'],
    ['+999999-01-01T00:00:00Z'],
    ['2017-12-10'],
    ['yesterday'],
    [''],
    [8.64e15 + 1],
    [Number.NaN],
    [undefined],
    [null],
    [[5]],
    [{}],
  ])('%s is none', (written) => expect(parseTimestamp(written)).toBeUndefined())
})
