import type { LogLine, LogLines } from './log-lines.ts'

/** The log lines of an event in order, and the chat messages and objects that it reached. */
export type EventStory = { lines: LogLine[]; messageIds: string[]; objects: string[] }

/**
 * Follows an event through the log: from the webhooks that carried it to the objects and chat messages that they were merged
 * into, and through the attempts there until the one that ended it.
 * @param source only what this source sent
 * @param since epoch ms
 */
export async function storyOf(
  log: LogLines,
  { eventId, source, since }: { eventId: string; source: string | undefined; since: number },
): Promise<EventStory> {
  const isOurs = (line: LogLine) => source === undefined || line['source'] === undefined || line['source'] === source
  const naming = (await log.find({ texts: [JSON.stringify(eventId).slice(1, -1)], since }))
    .filter((line) => eventIds(line).includes(eventId))
    .filter(isOurs)
  const requests = naming.flatMap((line) => (typeof line['trace'] === 'string' ? [line['trace']] : []))
  const following = await find(log, since, requests, (line) =>
    list(line, 'traces').some((one) => requests.includes(one)),
  )
  const objects = unique(following.flatMap((line) => (line.message === 'object' ? text(line, 'object') : [])))
  const begin = naming[0]?.at ?? since
  const ofObjects = await find(log, begin, objects.map(asField('object')), (line) =>
    text(line, 'object').some(within(objects)),
  )
  const known = uniqueLines([...naming, ...following, ...ofObjects])
  const messageIds = unique(known.flatMap((line) => [...text(line, 'messageId'), ...list(line, 'to')]))
  const ofMessages = await find(log, begin, messageIds.map(asField('messageId')), (line) =>
    text(line, 'messageId').some(within(messageIds)),
  )
  const lines = uniqueLines([
    ...known,
    ...messageIds.flatMap((messageId) => attemptsUntilDone(messageId, eventId, requests, known, ofMessages)),
  ])
  return { lines, messageIds, objects }
}

/** The attempts for a chat message since the event reached it, until one that started after that succeeded or was refused. */
function attemptsUntilDone(
  messageId: string,
  eventId: string,
  requests: readonly string[],
  known: readonly LogLine[],
  lines: readonly LogLine[],
): LogLine[] {
  const arrival = known.find(
    (line) => text(line, 'messageId').includes(messageId) || list(line, 'to').includes(messageId),
  )
  const attempts = lines.filter(({ message, at, ...line }) => {
    return message === 'attempt' && line['messageId'] === messageId && arrival !== undefined && at >= arrival.at
  })
  const last = attempts.findIndex((line) => {
    if (line['outcome'] !== 'fulfilled' && line['outcome'] !== 'refused') return false
    const isNamed = eventIds(line).includes(eventId) || list(line, 'traces').some(within(requests))
    return isNamed || (arrival !== undefined && line.at - Number(line['ms']) >= arrival.at)
  })
  return last < 0 ? attempts : attempts.slice(0, last + 1)
}

async function find(
  log: LogLines,
  since: number,
  texts: readonly string[],
  isWanted: (line: LogLine) => boolean,
): Promise<LogLine[]> {
  return texts.length === 0 ? [] : (await log.find({ texts: unique(texts), since })).filter(isWanted)
}

/** The events that a line names. */
function eventIds(line: LogLine): string[] {
  return [...list(line, 'ids'), ...list(line, 'ignored'), ...text(line, 'id')]
}

/** Writes a field as it stands in a JSON line. */
function asField(name: string): (value: string) => string {
  return (value) => `${JSON.stringify(name)}:${JSON.stringify(value)}`
}

/** The strings of a field that is a list of them. */
export function list(line: Readonly<Record<string, unknown>>, name: string): string[] {
  const value = line[name]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

function text(line: LogLine, name: string): string[] {
  const value = line[name]
  return typeof value === 'string' ? [value] : []
}

function within(values: readonly string[]): (value: string) => boolean {
  return (value) => values.includes(value)
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)]
}

/** Sorts lines of the same millisecond in the order in which they happen. */
const inOrder = ['more events', 'webhook', 'look-up', 'object', 'folded', 'attempt', 'parked']

function uniqueLines(lines: readonly LogLine[]): LogLine[] {
  const known = new Map(lines.map((line) => [JSON.stringify(line), line]))
  const place = ({ message }: LogLine) => inOrder.indexOf(message)
  return [...known.values()].sort((one, other) => one.at - other.at || place(one) - place(other))
}
