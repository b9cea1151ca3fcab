/** A genesis file as a person has it: read, checked, and told row by row. */

import { readFile } from 'node:fs/promises'
import { type Btt, parseBtt } from '@millrace/base'
import type { GenesisConfig, GenesisGrant } from '@millrace/chain'
import { issueAddresses } from '@millrace/contracts'

/**
 * The file, or the documented default when undefined.
 *
 * @param parameters of staking, in their units, instead of those of the file
 * @throws ChainError bad-genesis; SyntaxError when it is no JSON
 */
export async function readGenesis(
  file: string | undefined,
  parameters: Readonly<Record<string, string>> = {},
): Promise<GenesisConfig> {
  const { checkGenesis, defaultGenesis } = await import('@millrace/chain')
  const read = file === undefined ? defaultGenesis : (JSON.parse(await readFile(file, 'utf8')) as GenesisConfig) // checked below
  checkGenesis(read)
  if (Object.keys(parameters).length === 0) return read
  const { validators = [], parameters: own } = read.staking ?? {}
  const config = { ...read, staking: { validators, parameters: { ...own, ...parameters } } }
  checkGenesis(config)
  return config
}

/** What to know of a checked genesis before real stake stands behind it; undefined: nothing. */
export async function genesisWarning(genesis: GenesisConfig): Promise<string | undefined> {
  const { evidenceBlocksMost, evidenceBlocksOf, trustSecondsOf } = await import('@millrace/chain')
  const blocks = evidenceBlocksOf(genesis)
  if (blocks === evidenceBlocksMost) return undefined
  const trusted = `a trusted header is good for ${trustSecondsOf(genesis)} s`
  return `epochBlocks x unbondingEpochs is short: faults are punished for ${blocks} blocks, ${trusted}; for development only`
}

/** A row of the allocation in words. */
export interface GenesisRow {
  readonly name: string
  readonly address: string
  readonly amount: Btt
  /** What holds it: an account, or which contract. */
  readonly holder: 'account' | 'fund' | 'airdrop' | 'incentives' | 'grant'
  /** By which it becomes whose; empty for an account. */
  readonly terms: string
}

/** The rows of a checked genesis, in the order of the file. */
export function genesisRows({ allocation, issue }: GenesisConfig): readonly GenesisRow[] {
  const grants = new Map(issue?.grants.map((grant) => [grant.row, grant]))
  const airdrops = new Map(issue?.airdrops.map((airdrop, drop) => [airdrop.row, { ...airdrop, drop }]))
  return allocation.map(({ name, address, amount }): GenesisRow => {
    const row = { name, address, amount: parseBtt(amount) }
    const grant = grants.get(name)
    if (grant !== undefined) return { ...row, holder: 'grant', terms: grantTerms(grant) }
    const airdrop = airdrops.get(name)
    if (airdrop !== undefined) {
      const list = airdrop.root === undefined ? 'no list yet' : `list ${airdrop.root.slice(0, 10)}`
      return { ...row, holder: 'airdrop', terms: `drop ${airdrop.drop}, ${list}, ${airdrop.claimDays} days to claim` }
    }
    switch (address.toLowerCase()) {
      case issueAddresses.fund:
        return { ...row, holder: 'fund', terms: 'spent by governance' }
      case issueAddresses.incentives:
        return { ...row, holder: 'incentives', terms: 'to uploaders' }
      default:
        return { ...row, holder: 'account', terms: '' }
    }
  })
}

function grantTerms({ beneficiary, isRevocable, vesting }: GenesisGrant): string {
  const to = `to ${beneficiary}${isRevocable ? ', revocable' : ''}`
  if (vesting.kind === 'milestones') return `${vesting.parts.length} milestones, ${to}`
  const cliff = vesting.cliffDays === 0 ? '' : ` after a cliff of ${vesting.cliffDays}`
  return `evenly over ${vesting.days} days${cliff}, ${to}`
}
