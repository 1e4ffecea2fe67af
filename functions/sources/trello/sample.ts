import { hmacHeaders } from '../common/hmac.ts'
import {
  defaultText,
  idOf,
  jsonSample,
  naming,
  needsReferences,
  type OptionsOf,
  paragraphs,
  type Samples,
} from '../common/sample.ts'
import { scheme, type trello } from './adapter.ts'

type Options = OptionsOf<typeof trello>
/** An action, and what it carries about the card and besides. */
type Action = { type: string; card?: object; data?: object }
type Type = 'task.done' | 'task.reopened' | 'text.edited' | 'attachment.added' | 'attachment.removed' | 'link.added'

/**
 * An action with a card, as the webhook of that card sends it: with the card as its model, whose description refers to the
 * chat message. The object is the card's id.
 */
export const sample: Samples<Options, Type> = {
  types: ['task.done', 'task.reopened', 'text.edited', 'attachment.added', 'attachment.removed', 'link.added'],

  needs(type, options) {
    if (type.startsWith('task') && !completion(true, options)) return { dueComplete: true }
    return needsReferences(type, options, 'members')
  },

  write(event, { options, url, ...sender }) {
    const { id, type, occurredAt: date, actor: username = 'antjemueller' } = event
    const { reference, path } = naming(event, options.references !== 'none')
    const { filename: name = 'note.pdf' } = event.attachment ?? {}
    const card = { id: event.object ?? '62170652953b1881efdaa700', name: defaultText }
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
    const data = { ...action?.data, card: { ...card, ...action?.card } }
    const payload = {
      model: { ...card, desc },
      action: { id, type: action?.type, date, memberCreator: { username }, data },
    }
    const proof = (body: string) => hmacHeaders(`${body}${url}${path}`, scheme, { ...sender, id })
    return jsonSample(payload, id, proof, { path })
  },
}

/** How a card becomes done, or open again, by the options; undefined where no option allows it. */
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
