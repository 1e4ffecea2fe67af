import * as z from 'zod'
import {
  attachmentEvent,
  completedEvent,
  type EventMeaning,
  editedCommentEvent,
  editedEvent,
  editedTitleEvent,
} from '../common/event-meaning.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'

const Named = z.object({ id: z.string().nullish(), name: z.string().nullish() })
type Named = z.infer<typeof Named>
/** The texts of a card or a board. */
export const Model = Named.extend({ desc: z.string().nullish() })
/** The read part of an action with a card. */
export const Data = z.object({
  card: Model.extend({
    id: nonEmptyString(),
    closed: z.boolean().nullish(),
    dueComplete: z.boolean().nullish(),
  }),
  old: z.looseObject({}).nullish(),
  listBefore: Named.nullish(),
  listAfter: Named.nullish(),
  checkItem: Named.extend({ state: z.string().nullish() }).nullish(),
  attachment: Named.extend({ url: z.string().nullish() }).nullish(),
  customFieldItem: z.object({ value: z.object({ text: z.string().nullish() }).nullish() }).nullish(),
  text: z.string().nullish(),
  action: z.object({ text: z.string().nullish() }).nullish(),
})
export type Data = z.infer<typeof Data>

/** What counts as done on this team's boards. */
type Conventions = { dueComplete: boolean; archived: boolean; doneLists: string[]; doneItems: string[] }

/** What an action with a card means; most mean nothing here. */
export function meaningsOf(type: string, data: Data, options: Conventions): EventMeaning[] {
  switch (type) {
    case 'updateCard':
      return [...completedBy(data, options), ...editedBy(data)]
    case 'updateCheckItemStateOnCard':
      return isNamed(data.checkItem, options.doneItems) ? [completedEvent(data.checkItem?.state === 'complete')] : []
    case 'updateComment':
      return [editedCommentEvent(data.action?.text ?? '')]
    case 'addAttachmentToCard':
    case 'deleteAttachmentFromCard':
      return attached(data.attachment ?? {}, type === 'addAttachmentToCard')
    default:
      return []
  }
}

/** `old` has the former values of the changed fields. */
function completedBy({ card, old, listBefore, listAfter }: Data, options: Conventions): EventMeaning[] {
  const isDone = [listBefore, listAfter].map((list) => isNamed(list, options.doneLists))
  return [
    options.dueComplete && old && 'dueComplete' in old ? card.dueComplete : undefined,
    options.archived && old && 'closed' in old ? card.closed : undefined,
    isDone[0] !== isDone[1] ? isDone[1] : undefined,
  ].flatMap((value) => (typeof value === 'boolean' ? [completedEvent(value)] : []))
}

function editedBy({ card, old }: Data): EventMeaning[] {
  return [
    ...(old && 'desc' in old && typeof card.desc === 'string' ? [editedEvent(card.desc)] : []),
    ...(old && 'name' in old && card.name ? [editedTitleEvent(card.name)] : []),
  ]
}

/** Trello sends a file's name and URL, not its size or type. */
function attached({ id, name, url }: NonNullable<Data['attachment']>, present: boolean): EventMeaning[] {
  const filename = name || url
  if (!filename) return []
  const attachment = { ...(id && { id }), filename, ...(url && { googledownloadlink: url }) }
  return [attachmentEvent(attachment, present)]
}

function isNamed(thing: Named | null | undefined, names: string[]): boolean {
  const written = [thing?.id, thing?.name].map((name) => name?.trim().toLowerCase())
  return names.some((name) => written.includes(name.trim().toLowerCase()))
}
