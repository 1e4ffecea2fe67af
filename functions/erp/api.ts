import { ChatroomMessage, type ChatroomMessageData } from '../state/erp/chatroom-message.ts'

/** An ERP of one customer, and what every call to it carries. */
export type ErpHost = {
  /** https, or http on loopback; a path in it is kept */
  baseUrl: string
  buildId?: string | undefined
  packageId?: string | undefined
}

/** Where a path of the API is on a host. */
export function erpUrl({ baseUrl, buildId, packageId }: ErpHost, path: string): URL {
  const url = new URL(baseUrl.replace(/\/+$/, '') + path)
  if (buildId) url.searchParams.set('iw-build-id', buildId)
  if (packageId) url.searchParams.set('iw-package-id', packageId)
  return url
}

/** Where a chat message stands: the ERP's page on the PUT, path `/api/cp/chat/chatroom_message/{identifier}`. */
export function chatroomMessagePath(identifier: string): string {
  return `/api/cp/chat/chatroom_message/${encodeURIComponent(identifier)}`
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

/**
 * Answers that are final when they come as JSON; every other failure may pass. A 403 may be the session, and is final only
 * where that is known to be good (see in-session.ts).
 */
export function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status)
}
