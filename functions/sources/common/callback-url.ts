import * as z from 'zod'
import { header, type ReceiveContext, type WebhookRequest } from '../source.ts'

/** The option of sources whose sender names the URL that it calls: how the outside calls the bridge, where PUBLIC_URL isn't it. */
export const publicUrlOption = z
  .url({ protocol: /^https?$/, error: 'expected a URL such as https://bridge.example' })
  .optional()

/**
 * The URLs that a sender may have called to send this, written as it knows them: byte for byte, query included.
 *
 * Where no setting says how the outside calls the bridge, its Host header is believed, over TLS or not. That weakens no
 * signature: the URL is signed with the secret too, and the path of this source stands in it. It only lets a webhook that
 * the same app signed for the same path at another host be repeated here, which the setting prevents.
 */
export function callbackUrls(
  request: WebhookRequest,
  { publicUrl: ofOption }: { publicUrl?: string | undefined },
  { publicUrl: ofSetting }: ReceiveContext,
): string[] {
  if (/^https?:\/\//i.test(request.url)) return [request.url]
  const publicUrl = ofOption ?? ofSetting
  if (publicUrl !== undefined) return [publicUrl.replace(/\/+$/, '') + request.url]
  const host = header(request, 'host')
  return host === undefined ? [] : [`https://${host}${request.url}`, `http://${host}${request.url}`]
}
