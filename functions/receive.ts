/** The door for whoever wants to turn a webhook request into updates without a queue: everything behind it is pure. */
export { type Reception, receive, type SourceEvent } from './receive/receive.ts'
