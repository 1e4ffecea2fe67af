import * as z from 'zod'
import { deliveryId } from '../../functions/sources/common/event-id.ts'
import { completedEvent, eventsOf } from '../../functions/sources/common/event-meaning.ts'
import { authenticateByHmac, hmacScheme } from '../../functions/sources/common/hmac.ts'
import { referencesIn } from '../../functions/sources/common/references.ts'
import { parseTimestamp } from '../../functions/sources/common/timestamp.ts'
import { header, ignored, type Source, sourceOptions } from '../../functions/sources/source.ts'

const Options = sourceOptions('gitea', ['completed'])
const Payload = z.object({
  action: z.string(),
  issue: z.object({ number: z.int(), updated_at: z.string(), labels: z.array(z.object({ name: z.string() })) }),
  repository: z.object({ full_name: z.string() }),
  sender: z.object({ login: z.string() }),
})

/** Gitea's webhooks (https://docs.gitea.com/usage/webhooks): an issue closed or reopened. Only members set labels. */
export const gitea: Source<z.infer<typeof Options>> = {
  options: Options,
  authenticate: authenticateByHmac(hmacScheme({ signatureHeader: 'x-gitea-signature', signaturePrefix: '' }), {
    missing: 'give the webhook a secret in Gitea.',
  }),
  interpret(json, request) {
    const eventId = deliveryId(header(request, 'x-gitea-delivery'), request)
    const { data: payload } = Payload.safeParse(json)
    if (!payload) return ignored('nothing is read from a payload of this form', eventId)
    const { action, issue, repository, sender } = payload
    const meaning = { closed: completedEvent(true), reopened: completedEvent(false) }[action]
    return eventsOf(meaning ? [meaning] : 'this action says nothing for a chat message', {
      eventId,
      occurredAt: parseTimestamp(issue.updated_at),
      actor: sender.login,
      object: `${repository.full_name}#${issue.number}`,
      references: referencesIn(...issue.labels.map(({ name }) => name)),
    })
  },
}
