/** The contracts that the issue section of a genesis file asks for. */

import { issueContracts, milestoneGrant, type SystemCreation, termsWith, timeGrant } from '@millrace/contracts'
import type { Hex } from 'viem'
import type { ResolvedGenesis } from './config.ts'
import { airdropDomain, firstDrops, type GenesisGrant, secondsOf } from './issue.ts'

/** Their creations, to be run in this order; none without the section. The file was checked. */
export function issueCreations(genesis: ResolvedGenesis): readonly SystemCreation[] {
  const { issue, allocation, timestamp } = genesis
  if (issue === undefined) return []
  const addresses = new Map(allocation.map(({ name, address }) => [name, address]))
  return [
    ...issueContracts({
      domain: airdropDomain(genesis),
      drops: firstDrops(genesis, timestamp),
      terms: termsWith(issue.incentives),
    }),
    ...issue.grants.map((grant) => ({
      address: addresses.get(grant.row) as Hex, // checkGenesis has found the row and matched its address
      creation: grantCode(grant, BigInt(timestamp)),
    })),
  ]
}

function grantCode({ beneficiary, isRevocable, vesting }: GenesisGrant, start: bigint): Hex {
  const terms = { beneficiary: beneficiary as Hex, start, isRevocable } // checkIssue has matched 0x and the digits
  if (vesting.kind === 'milestones') {
    return milestoneGrant(
      terms,
      vesting.parts.map(({ bps }) => bps),
    )
  }
  const { days, cliffDays } = vesting
  return timeGrant(terms, { seconds: secondsOf(days), cliffSeconds: secondsOf(cliffDays) })
}
