/** The contracts of the first issue on a real EVM. Accounts need no keys here. */

import type { Hex } from 'viem'
import {
  type AirdropEntry,
  airdropAbi,
  airdropTree,
  fundAbi,
  issueAddresses,
  issueContracts,
  milestoneGrant,
  milestoneGrantAbi,
  timeGrant,
  timeGrantAbi,
} from '../src/index.ts'
import { Contract, Evm } from './evm.ts'
import { account } from './stake-world.ts'

export const domain: Hex = `0x${'d0'.repeat(32)}`
export const daySeconds = 86_400n
export const beneficiary = account(1)
const timeGrantAddress: Hex = '0x0000000000000000000000000000000000020001'
const milestoneGrantAddress: Hex = '0x0000000000000000000000000000000000020002'

export interface IssueTerms {
  readonly entries: readonly AirdropEntry[]
  /** What stands in each grant, and in the first drop; base units. */
  readonly granted: bigint
  readonly dropped: bigint
  readonly days: bigint
  readonly cliffDays: bigint
  readonly partsBps: readonly number[]
  readonly isRevocable: boolean
  readonly claimDays: bigint
}

export const grantKinds = ['timeGrant', 'milestoneGrant'] as const
export type GrantKind = (typeof grantKinds)[number]

export class IssueWorld {
  readonly evm: Evm
  readonly fund: Contract<typeof fundAbi>
  readonly airdrop: Contract<typeof airdropAbi>
  readonly timeGrant: Contract<typeof timeGrantAbi>
  readonly milestoneGrant: Contract<typeof milestoneGrantAbi>
  /** When block 0 was. */
  readonly start: bigint

  private constructor(evm: Evm) {
    this.evm = evm
    this.start = evm.time
    this.fund = new Contract(evm, fundAbi, issueAddresses.fund)
    this.airdrop = new Contract(evm, airdropAbi, issueAddresses.airdrop)
    this.timeGrant = new Contract(evm, timeGrantAbi, timeGrantAddress)
    this.milestoneGrant = new Contract(evm, milestoneGrantAbi, milestoneGrantAddress)
  }

  /** Drop 0 has the list of the entries, drop 1 has the same sum and no list yet. */
  static async create(terms: IssueTerms): Promise<IssueWorld> {
    const { entries, dropped, isRevocable } = terms
    const evm = await Evm.create([])
    const deadline = Number(evm.time + terms.claimDays * daySeconds)
    const { root } = airdropTree(domain, 0, entries)
    const drops = [
      { root, amount: dropped, deadline },
      { amount: dropped, deadline },
    ]
    const common = { beneficiary, start: evm.time, isRevocable }
    const span = { seconds: terms.days * daySeconds, cliffSeconds: terms.cliffDays * daySeconds }
    const creations = [
      ...issueContracts({ domain, drops }),
      { address: timeGrantAddress, creation: timeGrant(common, span) },
      { address: milestoneGrantAddress, creation: milestoneGrant(common, terms.partsBps) },
    ]
    for (const { address, creation } of creations) await evm.install(address, creation)
    await evm.credit(issueAddresses.airdrop, 2n * dropped)
    await evm.credit(timeGrantAddress, terms.granted)
    await evm.credit(milestoneGrantAddress, terms.granted)
    return new IssueWorld(evm)
  }

  /** Either grant by what both have: the milestones' functions are refused by the other. */
  grant(kind: GrantKind): Contract<typeof milestoneGrantAbi> {
    return new Contract(this.evm, milestoneGrantAbi, this[kind].address)
  }

  passDays(days: bigint): void {
    this.evm.time += days * daySeconds
  }
}
