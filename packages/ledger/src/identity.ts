/** Which chain and which vault this is: everything that a signature is bound to. */

import { type Account, domainName, domainVersion, type LedgerDomain, ledgerId } from '@millrace/voucher'
import { type Hex, hexToBytes } from 'viem'
import { accountIn } from './account.ts'
import { blockAt } from './cursor.ts'
import { decodeData, decodeQuantity } from './decode.ts'
import { LedgerError } from './errors.ts'
import type { Rpc } from './rpc.ts'
import { readDomain, readWithdrawDelay, type StatedDomain } from './vault.ts'

export interface LedgerIdentity {
  readonly chainId: number
  readonly genesisHash: Hex
  readonly vault: Account
  /** How peers name this ledger, 32 bytes. */
  readonly ledgerId: Uint8Array
  /** What vouchers are signed in. */
  readonly domain: LedgerDomain
  readonly withdrawDelaySeconds: bigint
}

/**
 * Reads and cross-checks chain id, block 0, code, domain and delay.
 *
 * @throws LedgerError `wrong-chain`, `wrong-vault`, and the transport's
 */
export async function verifyVault(rpc: Rpc, address: string, expectedChainId?: number): Promise<LedgerIdentity> {
  const vault = accountIn(address)
  const chainId = await readChainId(rpc, expectedChainId)
  const genesis = await blockAt(rpc, '0x0')
  const code = await rpc.call('eth_getCode', [vault, 'latest'], decodeData)
  if (code === '0x') {
    throw new LedgerError(
      'wrong-vault',
      `there is no contract at ${vault} on chain ${chainId}: expected a vault; check --vault, and that --rpc is the chain it is on`,
    )
  }
  const stated = await readStatedDomain(rpc, vault)
  if (stated.salt !== genesis.hash) {
    throw new LedgerError(
      'wrong-vault',
      `the vault ${vault} was made for a chain whose block 0 is ${stated.salt}, but this chain's is ${genesis.hash}: vouchers for it would be void; use a vault deployed on this chain`,
    )
  }
  const expected = stated.name === domainName && stated.version === domainVersion && stated.chainId === BigInt(chainId)
  if (!expected || stated.verifyingContract.toLowerCase() !== vault) {
    throw new LedgerError(
      'wrong-vault',
      `the contract ${vault} signs as ${stated.name} ${stated.version} of chain ${stated.chainId}: expected millrace 1 of chain ${chainId}`,
    )
  }
  const domain: LedgerDomain = {
    chainId: BigInt(chainId),
    verifyingContract: vault,
    genesisHash: hexToBytes(genesis.hash),
  }
  return {
    chainId,
    genesisHash: genesis.hash,
    vault,
    ledgerId: ledgerId(domain),
    domain,
    withdrawDelaySeconds: await readWithdrawDelay(rpc, vault),
  }
}

async function readChainId(rpc: Rpc, expected: number | undefined): Promise<number> {
  const id = await rpc.call('eth_chainId', [], decodeQuantity)
  if (id === 0n || id > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new LedgerError('bad-reply', `the RPC ${rpc.url} says that its chain id is ${id}`)
  }
  if (expected !== undefined && id !== BigInt(expected)) {
    throw new LedgerError(
      'wrong-chain',
      `the RPC ${rpc.url} is of chain ${id}, expected chain ${expected}: check --rpc`,
    )
  }
  return Number(id)
}

async function readStatedDomain(rpc: Rpc, vault: Account): Promise<StatedDomain> {
  try {
    return await readDomain(rpc, vault)
  } catch (thrown) {
    if (!(thrown instanceof LedgerError) || thrown.code === 'unreachable') throw thrown
    throw new LedgerError(
      'wrong-vault',
      `the contract at ${vault} is no vault: it does not state its signing domain (EIP-5267); check --vault`,
      {
        cause: thrown,
      },
    )
  }
}
