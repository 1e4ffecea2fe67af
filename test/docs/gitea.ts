import * as z from 'zod'
import { deliveryId } from '../../functions/sources/common/event-id.ts'
import { completedEvent } from '../../functions/sources/common/event-meaning.ts'
import { referencesIn } from '../../functions/sources/common/references.ts'
import { verifyHmac } from '../../functions/sources/common/signature.ts'
import { parseTimestamp } from '../../functions/sources/common/timestamp.ts'
import { header, ignored, type Source, sourceOptions, understood } from '../../functions/sources/source.ts'

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
  authenticate(request, _, { secrets }) {
    return verifyHmac(request.body, header(request, 'x-gitea-signature') ?? '', secrets, { prefix: '' })
      ? { kind: 'verified' }
      : { kind: 'refused', detail: 'x-gitea-signature does not match: compare the secret in Gitea with this source’s.' }
  },
  interpret(json, request) {
    const eventId = deliveryId(header(request, 'x-gitea-delivery'), request)
    const { data: payload } = Payload.safeParse(json)
    if (!payload) return ignored('nothing is read from a payload of this form', eventId)
    const { action, issue, repository, sender } = payload
    const said = { closed: completedEvent(true), reopened: completedEvent(false) }[action]
    if (!said) return ignored('this action says nothing for a chat message', eventId)
    const when = { occurredAt: parseTimestamp(issue.updated_at), actor: sender.login }
    const object = `${repository.full_name}#${issue.number}`
    const references = referencesIn(...issue.labels.map(({ name }) => name))
    return understood({ ...said, ...when, eventId, object, references, messageIds: [] })
  },
}
