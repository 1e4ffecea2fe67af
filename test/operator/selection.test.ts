import { describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../operator/cli/exit-codes.ts'
import { InvalidInputError } from '../../operator/invalid-input.ts'
import { idOf, selectionOf } from '../../operator/parked/selection.ts'
import { parseSince } from '../../operator/time.ts'
import { noon } from '../support/factories.ts'

describe('an id', () => {
  it.each([
    ['42/abc', { kind: 'write', messageId: '42', identity: 'abc' }],
    ['042/abc', { kind: 'write', messageId: '42', identity: 'abc' }],
    ['-7/-abc', { kind: 'write', messageId: '-7', identity: '-abc' }],
    ['42', { kind: 'chat message', messageId: '42' }],
    ['dead', { kind: 'chat message', messageId: 'dead' }],
    ['dead/abc', { kind: 'write', messageId: 'dead', identity: 'abc' }],
    ['dead:7-a', { kind: 'dead letter', letter: '7-a' }],
  ])('%s names a thing', (text, expected) => {
    expect(idOf(text)).toEqual({ text, ...expected })
  })

  it.each(['', '/', '42/', 'a b', 'dead:', '42/a/b', '../42'])('“%s” is none', (text) => {
    expect(() => idOf(text)).toThrow(InvalidInputError)
  })
})

describe('a moment', () => {
  it.each([
    ['30m', noon - 1_800_000],
    ['2h', noon - 7_200_000],
    ['7d', noon - 7 * 86_400_000],
    ['2026-11-22', Date.parse('2026-11-22T00:00:00Z')],
    ['2026-11-22T12:00:00Z', noon],
    ['2026-11-22T13:00:00.000+01:00', noon],
  ])('can be said as %s', (text, expected) => {
    expect(parseSince(text, noon)).toBe(expected)
  })

  it.each(['', '5', '-2h', 'yesterday', '2026-13-40', '1e3m'])('can’t be said as “%s”', (text) => {
    expect(() => parseSince(text, noon)).toThrow(InvalidInputError)
  })
})

describe('a selection', () => {
  const select =
    (ids: string[], values: object, orAll = false) =>
    () =>
      selectionOf(ids, values, noon, { orAll })

  it('is some ids, everything, or what matches a filter', () => {
    expect(select(['42'], {})()).toEqual({ ids: [{ kind: 'chat message', text: '42', messageId: '42' }] })
    expect(select([], { all: true })()).toEqual({})
    expect(select([], {}, true)()).toEqual({})
    expect(select([], { reason: '422', since: '2h' })()).toEqual({ reason: '422', since: noon - 7_200_000 })
  })

  it('is never everything by mistake, nor two things at once', () => {
    for (const wrong of [
      select([], {}),
      select(['42'], { all: true }),
      select(['42'], { reason: '' }),
      select([], { all: true, since: '2h' }),
    ]) {
      expect(wrong).toThrow(InvalidInputError)
    }
  })
})

describe('exit codes', () => {
  it('tell arguments that make no sense from work that failed', () => {
    expect([new InvalidInputError('?'), new Error('no'), 'no'].map(exitCodeOf)).toEqual([2, 1, 1])
  })
})
