import { createHmac } from 'node:crypto'
import { asked, json, naming, type OptionsOf, type Samples, type Signing } from '../common/sample.ts'
import type { monday as source } from './adapter.ts'

type Options = OptionsOf<typeof source>
type Type = 'task.done' | 'task.reopened' | 'text.edited' | 'link.added'

/**
 * An event of an item, whose id is the object. A name and a text column refer to the chat message; a status carries no text
 * of a user's, so there it stands in the URL. Its users are numbers.
 */
export const monday: Samples<Options, Type> = {
  types: ['task.done', 'task.reopened', 'text.edited', 'link.added'],

  needs(type, { doneLabels, statusColumns, references }) {
    if (type.startsWith('task') && doneLabels?.length === 0) return { doneLabels: ['Done'] }
    if (type.startsWith('task') && statusColumns?.length === 0) return { statusColumns: ['Status'] }
    return type === 'link.added' && references === 'none' ? { references: 'members' } : undefined
  },

  write(event, { options, ...signing }) {
    const { id: eventId, type, occurredAt: triggerTime, actor = '67214742', object: pulseId = '7786784079' } = event
    if (!/^[1-9]\d{0,14}$/.test(actor)) return '--actor: expected a number, which users of monday.com are'
    const { reference, path } = naming(event, options.references !== 'none' && !type.startsWith('task'))
    const changes: Record<Type, object> = {
      'task.done': statusChange(true, options),
      'task.reopened': statusChange(false, options),
      'text.edited': {
        type: 'update_name',
        value: { name: [event.text ?? asked, reference].filter(Boolean).join(' ') },
      },
      'link.added': columnChange('text', 'Chat', { value: { value: reference }, previousValue: null }),
    }
    const userId = Number(actor)
    const body = JSON.stringify({
      event: { triggerUuid: eventId, triggerTime, userId, boardId: 7786783342, pulseId, ...changes[type] },
    })
    const authorization = token({ userId, aud: `${signing.url}${path}` }, signing)
    return { eventId, headers: { ...json, authorization }, body, path }
  },
}

function statusChange(done: boolean, { doneLabels, statusColumns }: Options): object {
  const labels = [
    { label: { text: '', is_done: false } },
    { label: { text: doneLabels?.[0] ?? 'Done', is_done: true } },
  ]
  const [previousValue, value] = done ? labels : labels.toReversed()
  return columnChange('color', statusColumns?.[0] ?? 'Status', { value, previousValue })
}

function columnChange(columnType: string, columnTitle: string, values: object): object {
  return { type: 'update_column_value', columnType, columnTitle, columnId: `${columnType}_1`, ...values }
}

/** A JSON Web Token that holds for five minutes, by HS256 (RFC 7518 §3.2). */
function token(claims: object, { secret, now }: Signing): string {
  const iat = Math.floor(now.getTime() / 1000)
  const parts = [
    { alg: 'HS256', typ: 'JWT' },
    { ...claims, iat, exp: iat + 300 },
  ]
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
