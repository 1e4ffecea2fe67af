import {
  defaultText,
  jsonSample,
  naming,
  needsReferences,
  type OptionsOf,
  type Samples,
  type Signing,
} from '../common/sample.ts'
import type { monday } from './adapter.ts'
import { jwtSignature } from './jwt.ts'

type Options = OptionsOf<typeof monday>
type Type = 'task.done' | 'task.reopened' | 'text.edited' | 'link.added'

/**
 * An event of an item; the object is its id. A name and a text column refer to the chat message; a status carries no text of
 * a user, so there it stands in the URL. Users are numbers.
 */
export const sample: Samples<Options, Type> = {
  types: ['task.done', 'task.reopened', 'text.edited', 'link.added'],

  needs(type, options) {
    const { doneLabels, statusColumns } = options
    if (type.startsWith('task') && doneLabels?.length === 0) return { doneLabels: ['Done'] }
    if (type.startsWith('task') && statusColumns?.length === 0) return { statusColumns: ['Status'] }
    return needsReferences(type, options, 'members')
  },

  write(event, { options, ...signing }) {
    const { id: triggerUuid, type, occurredAt: triggerTime, actor = '67214742', object: pulseId = '7786784079' } = event
    if (!/^[1-9]\d{0,14}$/.test(actor)) return '--actor: expected a number, as users of monday.com are'
    const { reference, path } = naming(event, options.references !== 'none' && !type.startsWith('task'))
    const name = [event.text ?? defaultText, reference].filter(Boolean).join(' ')
    const changes: Record<Type, object> = {
      'task.done': statusChange(true, options),
      'task.reopened': statusChange(false, options),
      'text.edited': { type: 'update_name', value: { name } },
      'link.added': columnChange('text', 'Chat', { value: { value: reference }, previousValue: null }),
    }
    const userId = Number(actor)
    const item = { triggerUuid, triggerTime, userId, boardId: 7786783342, pulseId, ...changes[type] }
    const authorization = token({ userId, aud: `${signing.url}${path}` }, signing)
    return jsonSample({ event: item }, triggerUuid, () => ({ authorization }), { path })
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

/** A JSON Web Token that is valid for five minutes, by HS256 (RFC 7518 §3.2). */
function token(claims: object, { secret, now }: Signing): string {
  const iat = Math.floor(now.getTime() / 1000)
  const parts = [
    { alg: 'HS256', typ: 'JWT' },
    { ...claims, iat, exp: iat + 300 },
  ]
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${signed}.${jwtSignature(signed, secret)}`
}
