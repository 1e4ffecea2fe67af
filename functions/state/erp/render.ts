import type { Attachment, Change } from '../changes.ts'
import {
  dueRegisters,
  elementKey,
  emojiKey,
  type MessageState,
  markApplied,
  type WriteRef,
  winningWrite,
} from '../message/message-state.ts'
import type { ChatroomMessage, ChatroomMessageData } from './chatroom-message.ts'
import type { ErpBehavior } from './erp-behavior.ts'

/** A wish together with what it wants. */
type Rendered = WriteRef & { change: Change }

/** What a PUT would carry, and what the ERP shows already. */
export type Rendering = {
  /** The PUT's `data`; absent when there is nothing to change. */
  data?: ChatroomMessageData
  /** The wishes that the data fulfils. */
  sends: Rendered[]
  /** The wishes that the ERP's chat message fulfils as it is. */
  shows: Rendered[]
  /** The wishes that no PUT can fulfil: a host that adds to lists takes nothing away. */
  impossible: Rendered[]
}

type ListsOf = Pick<ChatroomMessage, 'reactions' | 'attachments'>
type ListedChange = Extract<Change, { kind: 'reaction' | 'attachment' }>
type Element = ChatroomMessage['reactions'][number] | ChatroomMessage['attachments'][number]

/**
 * Renders what is due against the chat message that the ERP has now. What isn't due is left as it is there; lists go
 * whole, with every element that the ERP told us, or to a host that adds to them as what is new.
 * @param host how the ERP's host takes a PUT
 * @param rendered which registers, by key and change: in the search for the one that the ERP refuses, or to a host that
 *   doesn't tell
 */
export function render(
  state: MessageState,
  message: ChatroomMessage,
  { putClears, listsAppend = false }: Pick<ErpBehavior, 'putClears' | 'listsAppend'> = { putClears: false },
  rendered: (key: string, change: Change) => boolean = () => true,
): Rendering {
  const rendering: Rendering = { sends: [], shows: [], impossible: [] }
  const changes: ChatroomMessageData = {}
  const wanted = wantedEmojis(state)
  // What new elements are put behind.
  const base: ListsOf = listsAppend ? { reactions: [], attachments: [] } : message
  for (const { key, write } of dueRegisters(state)) {
    const { change } = write
    if (!rendered(key, change)) continue
    const wish = { key, identity: write.identity, change }
    if (isShown(change, state, message, wanted)) {
      rendering.shows.push(wish)
    } else if (listsAppend && isListed(change) && !change.present) {
      rendering.impossible.push(wish)
    } else {
      rendering.sends.push(wish)
      apply(change, changes, state, base)
    }
  }
  // A list that is there and empty adds nothing, and is not left out either: right whichever of the two the host minds.
  if (rendering.sends.length > 0)
    rendering.data = putClears ? { ...message, ...(listsAppend && base), ...changes } : changes
  return rendering
}

/**
 * Whether a due wish can't be told from what it is without the chat message's lists: an element that shall be there, or one of
 * the bridge's own that shall not.
 */
export function needsLists(change: Change, state: MessageState): boolean {
  return isListed(change) && (change.present || state.own[elementKey(change)] !== undefined)
}

/**
 * Notes what a GET, and the PUT after it, fulfilled. The bridge's own is the one new element of its emoji or file that the
 * PUT's answer shows; where that isn't plain nothing is claimed: better an orphan of ours than a theft.
 * @param before what the GET told
 * @param answer what the PUT answered; absent when nothing was sent, or its answer doesn't tell
 */
export function recordApplied(
  state: MessageState,
  { shows, sends }: Pick<Rendering, 'shows' | 'sends'>,
  before: ChatroomMessage,
  answer?: ChatroomMessage,
): MessageState {
  const own = { ...state.own }
  for (const { change } of shows) {
    if (isListed(change) && !change.present && !hasOwn(change, before, state)) {
      delete own[elementKey(change)]
    }
  }
  for (const { change } of sends) {
    if (!isListed(change)) continue
    if (!change.present) delete own[elementKey(change)]
    const id = change.present && answer ? theNewOne(change, before, answer) : undefined
    if (id !== undefined) own[elementKey(change)] = id
  }
  return markApplied({ ...state, own }, [...shows, ...sends])
}

function isShown(change: Change, state: MessageState, message: ChatroomMessage, wanted: ReadonlySet<string>): boolean {
  switch (change.kind) {
    case 'completed':
      return message.completed === change.value
    case 'text':
      return message.message_text === change.text
    case 'reaction':
      if (change.present) return message.reactions.some((reaction) => isOf(change, reaction))
      // Another actor still wants it there, so this one's removal has nothing to do.
      return wanted.has(emojiKey(change.emoji)) || !hasOwn(change, message, state)
    case 'attachment':
      if (change.present) return message.attachments.some((file) => isTheFile(file, change, state))
      return !hasOwn(change, message, state)
  }
}

/** Applies a change that isn't shown to the PUT's `data`. */
function apply(change: Change, data: ChatroomMessageData, state: MessageState, message: ListsOf): void {
  switch (change.kind) {
    case 'completed':
      data.completed = change.value
      return
    case 'text':
      data.message_text = change.text
      return
    case 'reaction': {
      const list = data.reactions ?? message.reactions
      if (!change.present) data.reactions = list.filter((reaction) => !isOwn(change, reaction, state))
      // Two actors may want the same emoji in one PUT: it is the chat message's, so once is enough.
      else data.reactions = list.some((reaction) => isOf(change, reaction)) ? list : [...list, { emoji: change.emoji }]
      return
    }
    case 'attachment': {
      const list = data.attachments ?? message.attachments
      if (change.present) data.attachments = [...list, metadata(change.attachment)]
      else data.attachments = list.filter((file) => !isOwn(change, file, state))
    }
  }
}

/** The emojis that some actor's winner wants there. */
function wantedEmojis(state: MessageState): Set<string> {
  const emojis = Object.values(state.registers).flatMap((register) => {
    const change = winningWrite(register)?.change
    return change?.kind === 'reaction' && change.present ? [emojiKey(change.emoji)] : []
  })
  return new Set(emojis)
}

/** Our own file, or one of its name that isn't ours for another register. */
function isTheFile(
  file: ChatroomMessage['attachments'][number],
  change: Extract<Change, { kind: 'attachment' }>,
  state: MessageState,
): boolean {
  const key = elementKey(change)
  if (isOwn(change, file, state)) return true
  const isAnothers = Object.entries(state.own).some(
    ([other, id]) => other !== key && other.startsWith('attachment:') && id === file.id,
  )
  return isOf(change, file) && !isAnothers
}

/** What the ERP keeps of an attachment; the sender's `id` is no id of the ERP's and stays here. */
function metadata({ id: _, ...attachment }: Attachment): Omit<Attachment, 'id'> {
  return attachment
}

function theNewOne(change: ListedChange, before: ChatroomMessage, answer: ChatroomMessage): number | undefined {
  const known = new Set(elements(change, before).map(({ id }) => id))
  const added = elements(change, answer).filter((element) => !known.has(element.id) && isOf(change, element))
  return added.length === 1 ? (added[0]?.id ?? undefined) : undefined
}

function isOf(change: ListedChange, element: Element): boolean {
  return change.kind === 'reaction'
    ? typeof element['emoji'] === 'string' && emojiKey(element['emoji']) === emojiKey(change.emoji)
    : element['filename'] === change.attachment.filename
}

function elements(change: ListedChange, message: ChatroomMessage): Element[] {
  return change.kind === 'reaction' ? message.reactions : message.attachments
}

/** Whether a change is of one of the lists, and not of an attribute that stands alone. */
export function isListed(change: Change): change is ListedChange {
  return change.kind === 'reaction' || change.kind === 'attachment'
}

/** Whether an element is the one that the bridge added: by its id, and still what was added, for an ERP may number anew. */
function isOwn(change: ListedChange, element: Element, state: MessageState): boolean {
  const id = state.own[elementKey(change)]
  return id !== undefined && element.id === id && isOf(change, element)
}

function hasOwn(change: ListedChange, message: ChatroomMessage, state: MessageState): boolean {
  return elements(change, message).some((element) => isOwn(change, element, state))
}
