import { type EventType, eventTypes } from '../../state/changes.ts'

/** Spellings that people write, without case and separators. */
const spellings: Record<EventType, string[]> = {
  'task.done': [
    'done',
    'complete',
    'completed',
    'taskcomplete',
    'taskcompleted',
    'closed',
    'taskclosed',
    'finished',
    'taskfinished',
    'resolved',
    'taskresolved',
  ],
  'task.reopened': [
    'reopen',
    'reopened',
    'taskreopen',
    'undone',
    'taskundone',
    'uncompleted',
    'taskuncompleted',
    'incomplete',
    'taskincomplete',
  ],
  'reaction.added': ['react', 'reacted', 'reaction', 'reactionadd', 'addreaction', 'addedreaction'],
  'reaction.removed': [
    'unreact',
    'unreacted',
    'reactionremove',
    'removereaction',
    'removedreaction',
    'reactiondeleted',
  ],
  'text.edited': ['edit', 'edited', 'textedit', 'edittext', 'textchanged', 'textupdated', 'messageedited'],
  'attachment.added': [
    'attach',
    'attached',
    'attachment',
    'attachmentadd',
    'addattachment',
    'addedattachment',
    'fileadded',
  ],
  'attachment.removed': [
    'detach',
    'detached',
    'attachmentremove',
    'removeattachment',
    'removedattachment',
    'attachmentdeleted',
    'fileremoved',
  ],
  'link.added': ['link', 'linked', 'linkadd', 'addlink'],
  'link.removed': ['unlink', 'unlinked', 'linkremove', 'removelink'],
}
const typeBySpelling = new Map(
  eventTypes.flatMap((type) => [squeeze(type), ...spellings[type]].map((spelling) => [spelling, type] as const)),
)

/** The type that a sender means by what it wrote. */
export function eventTypeOf(written: string): EventType | undefined {
  return typeBySpelling.get(squeeze(written))
}

function squeeze(written: string): string {
  return written.toLowerCase().replace(/[\s._:/-]+/g, '')
}
