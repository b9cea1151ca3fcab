/** The documented first issue: who holds the 990 trillion BTT, and by which contract (docs/genesis.md). */

import { issueAddresses, systemAddresses } from '@millrace/contracts'
import { keccak256, toBytes } from 'viem'
import type { Allocation, GenesisIssue } from './issue.ts'

/**
 * An address of nobody's for the row of this name: no key to it exists, it is the end of a hash of the name. The code of
 * its grant stands there.
 */
export function allocationAddress(name: string): string {
  return `0x${keccak256(toBytes(`millrace allocation: ${name}`)).slice(-40)}`
}

const { fund, airdrop, incentives } = issueAddresses

/**
 * Shares by the published allocation, whose details are unverified, so it is configuration; the incentive pool's part is
 * taken out of the ecosystem's.
 */
const shares: readonly (readonly [name: string, permille: bigint, address: string])[] = [
  ['public sale', 60n, airdrop],
  ['seed sale', 90n, allocationAddress('seed sale')],
  ['private sale', 20n, allocationAddress('private sale')],
  ['TRX airdrop', 101n, airdrop],
  ['BitTorrent airdrop', 100n, airdrop],
  ['team and foundation', 190n, allocationAddress('team and foundation')],
  ['TRON foundation', 200n, allocationAddress('TRON foundation')],
  ['ecosystem', 149n, fund],
  ['network incentives', 50n, incentives],
  ['partnerships', 40n, allocationAddress('partnerships')],
]

export const defaultAllocation: readonly Allocation[] = shares.map(([name, permille, address]) => ({
  name,
  address,
  amount: (990_000_000_000n * permille).toString(),
}))

/** Nobody's key can be named for these beforehand: governance holds them until a launch names others. */
const beneficiary = systemAddresses.governance
const claimDays = 1_095

export const defaultIssue: GenesisIssue = {
  grants: [
    { row: 'seed sale', beneficiary, isRevocable: false, vesting: { kind: 'time', days: 730, cliffDays: 180 } },
    { row: 'private sale', beneficiary, isRevocable: false, vesting: { kind: 'time', days: 365, cliffDays: 0 } },
    {
      row: 'team and foundation',
      beneficiary,
      isRevocable: true,
      vesting: { kind: 'time', days: 1_460, cliffDays: 365 },
    },
    { row: 'TRON foundation', beneficiary, isRevocable: false, vesting: { kind: 'time', days: 1_460, cliffDays: 0 } },
    {
      row: 'partnerships',
      beneficiary,
      isRevocable: true,
      vesting: {
        kind: 'milestones',
        parts: [
          { name: 'a second client trades with this one', bps: 2_500 },
          { name: 'a storage provider sells by the same vouchers', bps: 2_500 },
          { name: 'an exchange takes deposits from this chain', bps: 2_500 },
          { name: 'a thousand uploaders were paid in one day', bps: 2_500 },
        ],
      },
    },
  ],
  airdrops: [
    { row: 'public sale', claimDays },
    { row: 'TRX airdrop', claimDays },
    { row: 'BitTorrent airdrop', claimDays },
  ],
  incentives: {},
}
