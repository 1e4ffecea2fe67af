import * as z from 'zod'
import { checkHmac, type HmacScheme, hmacFailure, hmacOptions, standardWebhooksScheme } from '../common/hmac.ts'
import { verifyBearer } from '../common/signature.ts'
import { header, type ReceiveContext, refused, type Verdict, verified, type WebhookRequest } from '../source.ts'

/** The options of sources for home-made systems: how they prove who they are. */
export const authenticationOptions = {
  /** Takes only this authentication instead of whichever a request carries. */
  authentication: z.enum(['standard-webhooks', 'hmac', 'bearer']).optional(),
  ...hmacOptions,
}
const Options = z.object(authenticationOptions)
type Options = z.infer<typeof Options>

/** Adds an issue for options that contradict each other. */
export function checkAuthentication(options: Options, context: z.RefinementCtx): void {
  checkHmac(options, context)
  const { authentication, signatureHeader } = options
  if (authentication !== 'hmac' && ['authorization', 'webhook-signature'].includes(signatureHeader)) {
    const message = `expected authentication hmac with it: ${signatureHeader} may carry another proof`
    context.addIssue({ code: 'custom', path: ['signatureHeader'], message })
  }
}

/** Takes whichever authentication a request carries, unless the option pins one. Each one that it carries must hold. */
export function authenticateGeneric(request: WebhookRequest, options: Options, context: ReceiveContext): Verdict {
  const byHmac = (scheme: HmacScheme) => ({
    header: scheme.signatureHeader,
    failure: () => hmacFailure(request, scheme, context),
  })
  const proofs = {
    'standard-webhooks': byHmac(standardWebhooksScheme),
    hmac: byHmac(options),
    bearer: { header: 'authorization', failure: () => bearerFailure(request, context) },
  }
  const taken = options.authentication ? [proofs[options.authentication]] : Object.values(proofs)
  const carried = taken.filter((proof) => header(request, proof.header) !== undefined)
  if (carried.length === 0) {
    return refused(`The request carries no ${options.authentication ?? 'signature and no bearer token'}.`)
  }
  const [failure] = carried.flatMap((proof) => proof.failure() ?? [])
  return failure === undefined ? verified : refused(failure)
}

function bearerFailure(request: WebhookRequest, { secrets }: ReceiveContext): string | undefined {
  const [, token] = /^Bearer(?:\s+(.*))?$/i.exec(header(request, 'authorization') ?? '') ?? []
  return token !== undefined && verifyBearer(token, secrets)
    ? undefined
    : 'authorization is not Bearer with a secret of this source.'
}
