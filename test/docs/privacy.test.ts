import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Attachment } from '../../functions/state/changes.ts'
import { MessageState } from '../../functions/state/message/message-state.ts'

const page = readFileSync(new URL('../../docs/privacy.md', import.meta.url), 'utf8')

describe('docs/privacy.md', () => {
  it('names every field of a wish that is kept, and of a file', () => {
    const { writes } = MessageState.shape.registers.valueType.shape
    const fields = [...Object.keys(writes.element.shape), ...Object.keys(Attachment.shape)]
    expect(fields.filter((field) => !page.includes(`\`${field}\``))).toEqual([])
    expect(fields).toContain('actor')
  })
})
