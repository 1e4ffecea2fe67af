import { createHmac } from 'node:crypto'
import { asked, idOf, json, naming, type OptionsOf, paragraphs, type Samples } from '../common/sample.ts'
import type { trello as source } from './adapter.ts'

type Options = OptionsOf<typeof source>
/** What an action tells, of the card and beside it. */
type Action = { type: string; card?: object; data?: object }
type Type = 'task.done' | 'task.reopened' | 'text.edited' | 'attachment.added' | 'attachment.removed' | 'link.added'

/**
 * An action with a card, whose id is the object, as the webhook of that very card tells it: with the card as its model,
 * whose description refers to the chat message.
 */
export const trello: Samples<Options, Type> = {
  types: ['task.done', 'task.reopened', 'text.edited', 'attachment.added', 'attachment.removed', 'link.added'],

  needs(type, options) {
    if (type.startsWith('task') && !completion(true, options)) return { dueComplete: true }
    return type === 'link.added' && options.references === 'none' ? { references: 'members' } : undefined
  },

  write(event, { options, secret, url }) {
    const { id: eventId, type, occurredAt: date, actor: username = 'antjemueller' } = event
    const { reference, path } = naming(event, options.references !== 'none')
    const { filename: name = 'note.pdf' } = event.attachment ?? {}
    const card = { id: event.object ?? '62170652953b1881efdaa700', name: asked }
    const desc = paragraphs(event.text, reference)
    const attachment = { id: idOf(name), name, url: `https://files.example/${encodeURIComponent(name)}` }
    const actions: Record<Type, Action | undefined> = {
      'task.done': completion(true, options),
      'task.reopened': completion(false, options),
      'text.edited': { type: 'updateCard', card: { desc }, data: { old: { desc: '' } } },
      'attachment.added': { type: 'addAttachmentToCard', data: { attachment } },
      'attachment.removed': { type: 'deleteAttachmentFromCard', data: { attachment } },
      'link.added': { type: 'createCard' },
    }
    const action = actions[type]
    const body = JSON.stringify({
      model: { ...card, desc },
      action: {
        id: eventId,
        type: action?.type,
        date,
        memberCreator: { username },
        data: { ...action?.data, card: { ...card, ...action?.card } },
      },
    })
    const signature = createHmac('sha1', secret).update(`${body}${url}${path}`).digest('base64')
    return { eventId, headers: { ...json, 'x-trello-webhook': signature }, body, path }
  },
}

/** How a card on this team's boards is done, or open again; undefined where nothing says so. */
function completion(value: boolean, { dueComplete, doneLists, doneItems, archived }: Options): Action | undefined {
  const [[list], [item]] = [doneLists, doneItems]
  if (dueComplete) return { type: 'updateCard', card: { dueComplete: value }, data: { old: { dueComplete: !value } } }
  if (list !== undefined) {
    const lists = [{ name: 'To Do' }, { name: list }]
    const [listBefore, listAfter] = value ? lists : lists.toReversed()
    return { type: 'updateCard', data: { listBefore, listAfter } }
  }
  if (item !== undefined) {
    const checkItem = { name: item, state: value ? 'complete' : 'incomplete' }
    return { type: 'updateCheckItemStateOnCard', data: { checkItem } }
  }
  return archived ? { type: 'updateCard', card: { closed: value }, data: { old: { closed: !value } } } : undefined
}
