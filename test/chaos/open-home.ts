import type { Clock } from '../../functions/ports/ports.ts'
import type { ErpOfStory, Home } from './home.ts'
import { type AwsPlace, openOnAws } from './on-aws.ts'
import { openHere } from './on-one-machine.ts'

/** Where a home keeps its data: a folder, or servers that speak AWS's protocols. */
export type Place = { kind: 'one machine'; folder: string } | AwsPlace

/** Opens a home on a story's clock. */
export function openHome(place: Place, erp: ErpOfStory, clock: Clock): Home {
  return place.kind === 'aws' ? openOnAws(place, erp, clock) : openHere(place.folder, erp, clock)
}
