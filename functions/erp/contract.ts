import { ChatroomMessage, type ChatroomMessageData } from '../core/chatroom-message.ts'

/** Where a chat message stands: the ERP's page on the PUT, path `/api/cp/chat/chatroom_message/{identifier}`. */
function chatroomMessagePath(identifier: string): string {
  return `/api/cp/chat/chatroom_message/${encodeURIComponent(identifier)}`
}

/** The URL of a chat message on a host; a path in the host's URL is kept. */
export function chatroomMessageUrl(
  { baseUrl, buildId, packageId }: { baseUrl: string; buildId?: string | undefined; packageId?: string | undefined },
  identifier: string,
): URL {
  const url = new URL(baseUrl.replace(/\/+$/, '') + chatroomMessagePath(identifier))
  if (buildId) url.searchParams.set('iw-build-id', buildId)
  if (packageId) url.searchParams.set('iw-package-id', packageId)
  return url
}

/** The body of a PUT: the attributes to change stand in `data`. */
export function putBody(data: ChatroomMessageData): string {
  return JSON.stringify({ data })
}

const attributes = ['id', 'message_text', 'completed', 'reactions', 'attachments']

/** The chat message of an answer; undefined for JSON that is something else, such as an error sent with status 200. */
export function readChatroomMessage(json: unknown): ChatroomMessage | undefined {
  const isOne = typeof json === 'object' && json !== null && attributes.some((name) => Object.hasOwn(json, name))
  return isOne ? ChatroomMessage.safeParse(json).data : undefined
}

/** Whether an answer has both lists in it, be they empty. */
export function tellsLists(json: unknown): boolean {
  return ['reactions', 'attachments'].every((name) => Array.isArray((json as Record<string, unknown> | null)?.[name]))
}

/** Answers that are final when they come as JSON; every other failure may pass. 403 may be the session, and is not among them. */
export function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 403, 408, 425, 429].includes(status)
}
