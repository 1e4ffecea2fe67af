import * as z from 'zod'
import { declaredHmacFailure } from '../common/declared-hmac.ts'
import { checkDeclaredHmac, declaredHmacOptions } from '../common/declared-hmac-options.ts'
import { standardWebhooksFailure, verifyBearer } from '../common/signature.ts'
import { header, type ReceiveContext, type Verdict, type WebhookRequest } from '../source.ts'

/** The options of the sources that home-made systems send to: how they prove who they are. */
export const authenticationOptions = {
  /** Takes only this authentication instead of whichever a request carries. */
  authentication: z.enum(['standard-webhooks', 'hmac', 'bearer']).optional(),
  ...declaredHmacOptions,
}
const Options = z.object(authenticationOptions)
type Options = z.infer<typeof Options>

/** Adds an issue for options that can't be meant together. */
export function checkAuthentication(options: Options, context: z.RefinementCtx): void {
  checkDeclaredHmac(options, context)
  const { authentication, signatureHeader } = options
  if (authentication !== 'hmac' && ['authorization', 'webhook-signature'].includes(signatureHeader)) {
    const message = `expected authentication hmac with it: ${signatureHeader} may carry another proof`
    context.addIssue({ code: 'custom', path: ['signatureHeader'], message })
  }
}

/** Takes whichever authentication a request carries, unless the option pins one; every one that it carries must hold. */
export function authenticateGeneric(request: WebhookRequest, options: Options, context: ReceiveContext): Verdict {
  const failures = {
    'standard-webhooks': () => {
      const signature = header(request, 'webhook-signature')
      return signature === undefined
        ? 'missing'
        : standardWebhooksFailure(
            request.body,
            { id: header(request, 'webhook-id'), timestamp: header(request, 'webhook-timestamp'), signature },
            context.secrets,
            context.now,
          )
    },
    hmac: () =>
      header(request, options.signatureHeader) === undefined
        ? 'missing'
        : declaredHmacFailure(request, options, context),
    bearer: () => {
      const [, token] = /^Bearer(?:\s+(.*))?$/i.exec(header(request, 'authorization') ?? '') ?? []
      if (header(request, 'authorization') === undefined) return 'missing'
      return token !== undefined && verifyBearer(token, context.secrets)
        ? undefined
        : 'authorization is not Bearer with a secret of this source.'
    },
  } satisfies Record<NonNullable<Options['authentication']>, () => string | undefined>

  const taken = options.authentication ? [failures[options.authentication]] : Object.values(failures)
  const verdicts = taken.map((failure) => failure()).filter((verdict) => verdict !== 'missing')
  if (verdicts.length === 0) {
    return {
      kind: 'refused',
      detail: `The request carries no ${options.authentication ?? 'signature and no bearer token'}.`,
    }
  }
  const failed = verdicts.find((verdict) => verdict !== undefined)
  return failed === undefined ? { kind: 'verified' } : { kind: 'refused', detail: failed }
}
