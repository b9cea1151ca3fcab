/** The money as a script apart from all our packages recomputes it from the chain's RPC and the journals. */

import { auditProgram } from './child.ts'
import type { ReadyEvent } from './events.ts'
import type { Troupe } from './troupe.ts'

/** Decimal strings in base units. */
export interface Audit {
  readonly deposited: string
  readonly balances: string
  readonly paidOut: string
  readonly withdrawn: string
  /** The sum of all differences: 0 when everything agrees. */
  readonly imbalance: string
  readonly differences: readonly { readonly what: string; readonly amount: string }[]
}

/** The troupe fails when the script cannot look. */
export async function auditMoney(troupe: Troupe, chain: ReadyEvent, dataFolder: string): Promise<Audit> {
  const args = ['--rpc', chain.rpc, '--vault', chain.vault, '--data', dataFolder, '--json']
  // 1 says that the sums differ: the result shows by how much.
  const child = troupe.run({ name: 'audit', script: auditProgram, args }, [0, 1])
  await child.ended
  // What the script documents.
  return JSON.parse(child.output.join('\n')) as Audit
}
