import { describe, expect, it } from 'vitest'
import { details, escapeControl, json, table } from '../../operator/cli/output.ts'

describe('what others wrote', () => {
  const hostile = 'evt\u001B[2J\u009B31m\r\u202Eabc\uD800\u007F'

  it('sends no command to a terminal, and stays readable', () => {
    expect(escapeControl(`${hostile}\n👩‍💻 Grüße`)).toBe(
      'evt\\u001b[2J\\u009b31m\\u000d\\u202eabc\\ud800\\u007f\\n👩‍💻 Grüße',
    )
    expect(table(['ID', 'EVENT'], [['42/a', hostile]])).toContain('42/a  evt\\u001b[2J')
    expect(details(hostile, { answer: hostile })).not.toMatch(/(?!\n)\p{Cc}|\u202E/u)
  })

  it('is the same JSON when it is spelt out', () => {
    const value = { hostile, text: 'two\nlines' }
    expect(json(value)).not.toMatch(/(?!\n)\p{Cc}|\u202E/u)
    expect(JSON.parse(json(value))).toEqual(value)
  })

  it('is shortened in a table, but for the ids that a person copies', () => {
    const long = 'x'.repeat(100)
    expect(table(['ID', 'REASON'], [[long, long]]).split('\n')[1]).toBe(`${long}  ${'x'.repeat(29)}…`)
  })

  it('can’t pass for another line of the details', () => {
    expect(details('42/a', { answer: 'no\nkind  wish', kind: 'wish', source: undefined })).toBe(
      ['42/a', '  answer  no', '          kind  wish', '  kind    wish'].join('\n'),
    )
  })
})
