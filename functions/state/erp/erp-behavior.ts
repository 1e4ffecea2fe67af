/**
 * How a host behaves where the ERP's page leaves it open. What is absent or false is the default: a PUT changes what it carries,
 * replaces the lists in it, and a GET is answered.
 */
export type ErpBehavior = {
  /** A PUT clears what it leaves out, so that each must carry the whole chat message; learned where it shows. */
  putClears: boolean
  /** A PUT adds the elements of a list to those that are there, so that none can be taken away. */
  listsAppend?: boolean
  /** GET is refused: what a PUT's answer tells is all there is to know. */
  getDisabled?: boolean
}

/** The settings that say how a host behaves. */
export type ErpBehaviorSettings = {
  ERP_PUT: 'changes' | 'whole'
  ERP_LISTS: 'replaced' | 'added'
  ERP_READ: 'always' | 'never'
}

/** The host that settings describe. */
export function erpBehavior({ ERP_PUT, ERP_LISTS, ERP_READ }: ErpBehaviorSettings): ErpBehavior {
  return { putClears: ERP_PUT === 'whole', listsAppend: ERP_LISTS === 'added', getDisabled: ERP_READ === 'never' }
}
