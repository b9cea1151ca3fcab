/** The client itself, and the oldest deviation from it. Further kinds of peers are handed to a run by its caller. */

import { agentBuyer } from './agent-buyer.ts'
import type { Behaviour, BehaviourMaker, Choker } from './behaviour.ts'

/** The client as it is: it leeches, trades and seeds as its policies say. */
const client: Behaviour = { kind: 'client' }

/** Takes and never gives (BitThief without its tricks): nobody gets a slot. */
const freeRider: Behaviour = { kind: 'free-rider', choker: () => closedChoker, mayServe: () => false }

const closedChoker: Choker = { fillFree() {}, tick() {}, lend() {} }

export const clientBehaviours: Readonly<Record<string, BehaviourMaker>> = {
  client: () => client,
  agent: agentBuyer,
  'free-rider': () => freeRider,
}
