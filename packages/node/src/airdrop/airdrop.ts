/** Airdrops from both ends: the root of a list for a genesis file, and claims of those who stand in it. */

import { readFile } from 'node:fs/promises'
import { type Btt, btt, formatBtt, parseBtt } from '@millrace/base'
import type { GenesisConfig } from '@millrace/chain'
import { type AirdropEntry, airdropTree } from '@millrace/contracts'
import { Airdrop, type DropView } from '@millrace/ledger'
import { parseAccount } from '@millrace/voucher'
import type { Hex } from 'viem'
import { readGenesis } from '../genesis.ts'
import { type OpenChain, viewChain } from '../open-chain.ts'
import { MoneyError } from '../payments/terms.ts'
import type { Approve, Sent } from '../wallet-spend.ts'
import { AirdropError, parseAirdropList } from './list.ts'

export interface AirdropList {
  readonly root: Hex
  readonly entries: number
  readonly total: Btt
  /** The genesis file with the root in its place. */
  readonly genesis: GenesisConfig
}

/**
 * The root of a list for drop number `drop` of a genesis file.
 *
 * @param genesisFile the documented default when undefined
 * @throws AirdropError, ChainError; SyntaxError when the genesis file is no JSON
 */
export async function rootOfList(
  listFile: string,
  drop: number,
  genesisFile: string | undefined,
): Promise<AirdropList> {
  const { airdropDomain } = await import('@millrace/chain')
  const genesis = await readGenesis(genesisFile)
  const airdrop = genesis.issue?.airdrops[drop]
  if (genesis.issue === undefined || airdrop === undefined) {
    throw new AirdropError('bad-list', `the genesis has no drop ${drop}: expected one of its issue.airdrops, from 0 on`)
  }
  const entries = await readList(listFile)
  const total = totalOf(entries)
  const amount = parseBtt(genesis.allocation.find(({ name }) => name === airdrop.row)?.amount ?? '0')
  if (total > amount) {
    const happened = `the list promises ${formatBtt(total)} BTT; drop ${drop}, "${airdrop.row}", has ${formatBtt(amount)} BTT`
    throw new AirdropError('bad-list', `${happened}: shorten the list`)
  }
  const { root } = airdropTree(airdropDomain(genesis), drop, entries)
  const airdrops = genesis.issue.airdrops.map((one, index) => (index === drop ? { ...one, root } : one))
  return { root, entries: entries.length, total, genesis: { ...genesis, issue: { ...genesis.issue, airdrops } } }
}

/** The drops of a chain. @throws LedgerError */
export async function viewDrops(rpcUrl: string): Promise<readonly DropView[]> {
  return new Airdrop(await viewChain(rpcUrl)).drops()
}

export interface ClaimPlan {
  readonly listFile: string
  readonly drop: number
  /** Who is paid; the signer's own account when undefined. Any spelling. */
  readonly account: string | undefined
}

/**
 * Claims a place of a list. The key of `opened` signs and pays the gas.
 *
 * @throws AirdropError, LedgerError; MoneyError `not-confirmed`
 */
export async function claimAirdrop(opened: OpenChain, plan: ClaimPlan, approve: Approve): Promise<Sent> {
  const { drop } = plan
  const account = plan.account === undefined ? opened.account : parseAccount(plan.account)
  if (account === undefined) throw new AirdropError('not-claimable', `"${plan.account}" is no address: expected 0x...`)
  const entries = await readList(plan.listFile)
  const index = entries.findIndex((entry) => entry.account === account)
  const entry = entries[index]
  if (entry === undefined) throw new AirdropError('not-claimable', `${account} is not in the list`)
  const airdrop = new Airdrop(opened.client)
  const { root, proof } = airdropTree(await airdrop.domain(), drop, entries)
  checkOpen((await airdrop.drops())[drop], drop, root)
  if (await airdrop.isClaimed(drop, index)) {
    throw new AirdropError('not-claimable', `${account} was paid by drop ${drop} already`)
  }
  const amount = btt(entry.amount)
  const claim = { drop, index, account, amount, proof: proof(index) }
  const gasCost = await airdrop.gasCostOf(opened.account, claim)
  if (!(await approve({ action: 'claim-airdrop', amount, gasCost, vouchers: 0 }))) {
    throw new MoneyError('not-confirmed', 'nothing was sent: answer yes, or pass --yes')
  }
  const receipt = await airdrop.claim(opened.key, claim)
  return { amount, gasCost: btt(receipt.gasUsed * receipt.effectiveGasPrice), transaction: receipt.transactionHash }
}

function checkOpen(found: DropView | undefined, drop: number, root: Hex): void {
  const fail = (why: string): never => {
    throw new AirdropError('not-claimable', `drop ${drop} ${why}`)
  }
  if (found === undefined) return fail('does not exist on this chain')
  if (found.root === undefined) return fail('is not open yet: governance has still to give it its list')
  if (found.root !== root) fail(`has another list: its root is ${found.root}, this list's is ${root}`)
}

async function readList(file: string): Promise<readonly AirdropEntry[]> {
  return parseAirdropList(await readFile(file, 'utf8'))
}

function totalOf(entries: readonly AirdropEntry[]): Btt {
  return btt(entries.reduce((sum, { amount }) => sum + amount, 0n))
}
