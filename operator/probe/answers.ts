import type { ErpBehaviorSettings } from '../../functions/state/erp/erp-behavior.ts'
import type { Answer } from './calls.ts'

/** What the probe found out; what is absent is not known. */
export type Answers = {
  get?: 'answered' | 'refused'
  /** What a PUT of some fields does with the others, and which of those it clears. */
  partialPut?: 'keeps' | 'clears'
  cleared?: string[]
  lists?: 'replaced' | 'added'
  unknownKeys?: 'kept' | 'dropped' | 'refused'
  repeatedEmoji?: 'possible' | 'dropped' | 'refused'
  /** What the answer to a PUT tells. */
  putTells?: 'all' | 'no lists' | 'nothing'
  errors: Partial<
    Record<'unknownMessage' | 'wrongToken' | 'nonsense', NonNullable<Answer['error']> | { status: number }>
  >
}

/** The settings that fit a host, as far as it is known. */
export function settingsFor({ get, partialPut, lists }: Answers): Partial<ErpBehaviorSettings> {
  return {
    ...(partialPut && { ERP_PUT: partialPut === 'clears' ? ('whole' as const) : ('changes' as const) }),
    ...(lists && { ERP_LISTS: lists }),
    ...(get && { ERP_READ: get === 'refused' ? ('never' as const) : ('always' as const) }),
  }
}
