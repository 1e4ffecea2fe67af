import type { ParkedItem } from '../parked/item.ts'
import { isoTime, table } from './output.ts'

/** What is set aside, a line each, for a person. */
export function tableOf(items: readonly ParkedItem[]): string {
  return table(
    ['ID', 'SINCE', 'REASON', 'CHAT MESSAGE', 'SOURCE', 'EVENT', 'ASKS FOR'],
    items.map((item) => [
      item.id,
      isoTime(item.at),
      item.reason,
      item.messageId,
      item.source,
      item.eventId,
      asksFor(item),
    ]),
  )
}

function asksFor(item: ParkedItem): string | undefined {
  const more = item.kind === 'dead letter' ? (item.updates ?? 1) - 1 : 0
  return more > 0 ? `${item.asks}, and ${more} more` : item.asks
}
