import type { EventType } from '../../functions/state/changes.ts'
import { at } from '../support/factories.ts'
import type { Random } from './random.ts'

/** What each type of the generic source's event needs beside what all have. */
export const ownFields: Record<EventType, Record<string, unknown>> = {
  'task.done': {},
  'task.reopened': {},
  'reaction.added': { emoji: '👍' },
  'reaction.removed': { emoji: '👍' },
  'text.edited': { text: 'Until Friday, please.' },
  'attachment.added': {
    attachment: { filename: 'a.pdf', filesize: '12345', mimetype: 'application/pdf', created: at(-60) },
  },
  'attachment.removed': { attachment: { id: 'f1', filename: 'a.pdf' } },
  'link.added': { object: 'ticket-7' },
  'link.removed': { object: 'ticket-7' },
}
const types = Object.keys(ownFields) as EventType[]

/** An event that would be accepted as it is, for the caller to spoil. */
export function goodFields(random: Random, marker: string, type = random.pick(types)): Record<string, unknown> {
  return { id: 'evt_1', type, messageId: '42', occurredAt: at(-9), actor: 'anna', ...ownFields[type], note: marker }
}

/** The same as JSON. */
export function goodEvent(random: Random, marker: string): string {
  return JSON.stringify(goodFields(random, marker))
}

/** An event without `field`, or with a value in it that its type can't have. */
export function spoiled(random: Random, marker: string): Record<string, unknown> {
  const wrong = random.pick(wrongValues)
  const fields = goodFields(random, marker, random.pick(wrong.types))
  const value = wrong.values(random, marker)
  if (wrong.inAttachment === undefined) return { ...fields, [wrong.field]: value }
  return { ...fields, attachment: { filename: 'a.pdf', [wrong.inAttachment]: value } }
}

type WrongValues = {
  field: string
  inAttachment?: string
  types: readonly EventType[]
  values(random: Random, marker: string): unknown
}

/** A number or null may stand for a text; nothing else may. */
const noName = (random: Random, marker: string) =>
  random.pick<unknown>([
    true,
    false,
    [],
    {},
    [marker],
    { marker },
    { toString: marker },
    { length: { toString: marker } },
  ])
const reactions = ['reaction.added', 'reaction.removed'] as const
const attachments = ['attachment.added', 'attachment.removed'] as const
const links = ['link.added', 'link.removed'] as const

const wrongValues: readonly WrongValues[] = [
  { field: 'id', types, values: (random, marker) => random.pick([noName(random, marker), '']) },
  { field: 'actor', types, values: (random, marker) => random.pick([noName(random, marker), '']) },
  { field: 'object', types, values: (random, marker) => random.pick([noName(random, marker), '']) },
  { field: 'object', types: links, values: (random) => random.pick([null, undefined, '']) },
  { field: 'messageId', types: links, values: (random) => random.pick([null, undefined]) },
  { field: 'source', types: links, values: (random, marker) => random.pick([noName(random, marker), '']) },
  {
    field: 'messageId',
    types,
    values: (random, marker) =>
      random.pick([
        noName(random, marker),
        '',
        ' ',
        '4 2',
        '42\n',
        '\0',
        '../42',
        '４２',
        `${marker}!`,
        -1,
        4.2,
        { $ne: null },
      ]),
  },
  {
    field: 'occurredAt',
    types,
    values: (random, marker) =>
      random.pick([
        noName(random, marker),
        0,
        1_795_348_800_000,
        '',
        marker,
        'yesterday',
        '2026-11-22',
        '2026-11-22T12:00:00',
        '2026-11-22 12:00:00Z',
        '2026-13-45T12:00:00Z',
        '2026-02-30T12:00:00Z',
        '+010000-01-01T00:00:00Z',
        '-000001-01-01T00:00:00Z',
        `2026-11-22T12:00:00.${'0'.repeat(5000)}`,
      ]),
  },
  {
    field: 'type',
    types,
    values: (random, marker) =>
      random.pick([
        noName(random, marker),
        null,
        undefined,
        0,
        '',
        ' ',
        '__proto__',
        'constructor',
        'toString',
        'task.',
        'done!',
      ]),
  },
  { field: 'type', types, values: (random, marker) => `${marker}${random.text(random.between(0, 2000))}` },
  {
    field: 'emoji',
    types: reactions,
    values: (random, marker) => random.pick([noName(random, marker), null, undefined, 0, '', '   ', '\n', '\u00a0']),
  },
  {
    field: 'text',
    types: ['text.edited'],
    values: (random, marker) => random.pick([noName(random, marker), null, undefined, 0, 1e308]),
  },
  {
    field: 'attachment',
    types: attachments,
    values: (random, marker) =>
      random.pick([
        noName(random, marker),
        null,
        undefined,
        0,
        '',
        'a.pdf',
        [{ filename: 'a.pdf' }],
        { filename: [marker] },
      ]),
  },
  {
    field: 'attachment',
    inAttachment: 'filename',
    types: attachments,
    values: (random, marker) => random.pick([noName(random, marker), null, undefined, 0, '']),
  },
  {
    field: 'attachment',
    inAttachment: 'created',
    types: attachments,
    values: (random, marker) => random.pick([noName(random, marker), 0, '', marker, '2026-11-22']),
  },
  {
    field: 'attachment',
    inAttachment: 'id',
    types: attachments,
    values: (random, marker) => random.pick([noName(random, marker), '']),
  },
  { field: 'attachment', inAttachment: 'filesize', types: attachments, values: noName },
  { field: 'attachment', inAttachment: 'mimetype', types: attachments, values: noName },
  { field: 'attachment', inAttachment: 'googledownloadlink', types: attachments, values: noName },
]

/** An event that says more in one field than the bounds allow. */
export function oversized(random: Random, marker: string): Record<string, unknown> {
  const text = (bound: number) =>
    marker + 'x'.repeat(bound + 1 - marker.length + random.pick([0, 0, 1, random.between(0, 3000)]))
  const type = random.pick(types)
  const inAttachment = (field: string, bound: number) => ({
    ...goodFields(random, marker, random.pick(attachments)),
    attachment: { filename: 'a.pdf', [field]: text(bound) },
  })
  switch (random.between(0, 9)) {
    case 0:
      return { ...goodFields(random, marker, type), messageId: text(64) }
    case 1:
      return { ...goodFields(random, marker, type), id: text(256) }
    case 2:
      return { ...goodFields(random, marker, type), actor: text(256) }
    case 3:
      return { ...goodFields(random, marker, type), object: text(256) }
    case 4:
      return { ...goodFields(random, marker, random.pick(reactions)), emoji: text(64) }
    case 5:
      // Few characters, more bytes: the bound is one of bytes.
      return {
        ...goodFields(random, marker, 'text.edited'),
        text: random.pick(['é'.repeat(32 * 1024 + 1), text(64 * 1024)]),
      }
    case 6:
      return inAttachment('filename', 512)
    case 7:
      return inAttachment('googledownloadlink', 2048)
    default:
      return inAttachment(random.pick(['id', 'filesize', 'mimetype']), 256)
  }
}

/** A word with some of its letters percent-encoded. */
export function encodedWord(random: Random): string {
  return [...random.word(12)]
    .map((letter) => (random.chance(0.3) ? `%${letter.charCodeAt(0).toString(16)}` : letter))
    .join('')
}
