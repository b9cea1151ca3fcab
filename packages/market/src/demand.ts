/** How much a peer can take, measured by what it took. */

/** A peer that stood longer than this without a request or socket room in an epoch is limited by itself, not by us. */
export const unreadyMsMax = 250
/** Nobody is taken to want less than so many steps a second. */
const demandStepsMin = 2

/** What an unknown peer is taken to want: a 32nd of the capacity. */
export function firstDemand(capacityBytesPerSecond: number, stepUnits: number): number {
  return Math.max(demandStepsMin * stepUnits, Math.floor(capacityBytesPerSecond / 32))
}

/**
 * d after an epoch: a limited peer wants a tenth more than it took, one that always asked may want twice that and more.
 *
 * @param sent bytes a second sent to it in the epoch, of both classes
 */
export function nextDemand(demand: number, sent: number, limited: boolean, stepUnits: number): number {
  if (limited) return Math.max(demandStepsMin * stepUnits, Math.ceil(1.1 * sent))
  return Math.max(demand, Math.ceil(2 * sent))
}
