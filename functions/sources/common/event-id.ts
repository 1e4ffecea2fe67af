import { hash } from 'node:crypto'
import { bounds } from '../../state/changes.ts'
import type { WebhookRequest } from '../source.ts'

/** An id as its sender wrote it, or a digest of one that is longer than an event's id may be. */
export function boundedId(written: string): string {
  return written.length <= bounds.name ? written : hash('sha256', written, 'base64url')
}

/** The id of a delivery, which a repeated delivery repeats; for a sender that gives none, what it sent. */
export function deliveryId(given: string | undefined, { body }: Pick<WebhookRequest, 'body'>): string {
  return given === undefined ? hash('sha256', body, 'base64url') : boundedId(given)
}
