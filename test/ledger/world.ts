/** A real embedded chain, a ledger on it and keys with money: what the tests of the ledger drive. */

import { type Btt, btt, oneBtt, silentLogger, systemClock } from '@millrace/base'
import { type ChainNode, type ChainOptions, defaultGenesis, startChain } from '@millrace/chain'
import { type ChainLedger, type LedgerOptions, openLedger } from '@millrace/ledger'
import { accountOfKey, domainSeparator, type SignedVoucher, type Voucher, voucherDigest } from '@millrace/voucher'
import { createSigner, devMnemonic, type KeySigner, keyOfMnemonic, signWithKey } from '@millrace/wallet'

export const ten: Btt = btt(10n * oneBtt)
export const withdrawDelaySeconds = 2
export const pollMs = 20

export interface Person {
  readonly key: Uint8Array
  readonly signer: KeySigner
  /** Lower case. */
  readonly account: `0x${string}`
}

/** The owner of a funded development account. */
export function person(index: number): Person {
  const key = keyOfMnemonic(devMnemonic, index)
  return { key, signer: createSigner(key), account: accountOfKey(key) }
}

/** An account without money; the seed makes it. */
export function pauper(seed: number): Person {
  const key = new Uint8Array(32).fill(seed)
  return { key, signer: createSigner(key), account: accountOfKey(key) }
}

export function startTestChain(options: Partial<ChainOptions> = {}): Promise<ChainNode> {
  return startChain({
    genesis: { ...defaultGenesis, vault: { withdrawDelaySeconds } },
    blockTime: { kind: 'on-demand', leastSeconds: 0 },
    rpc: { host: '127.0.0.1', port: 0 },
    ...options,
  })
}

export function openTestLedger(chain: ChainNode, options: Partial<LedgerOptions> = {}): Promise<ChainLedger> {
  return openLedger(
    { rpcUrl: chain.rpcUrl, vault: chain.vaultAddress, pollMs, ...options },
    { clock: systemClock, logger: silentLogger },
  )
}

/** A voucher signed by its payer, or by somebody else. */
export function signVoucher(
  ledger: ChainLedger,
  payer: Person,
  fields: Omit<Voucher, 'payer'>,
  by = payer,
): SignedVoucher {
  const voucher = { payer: payer.account, ...fields }
  return { ...voucher, signature: signWithKey(voucherDigest(domainSeparator(ledger.identity.domain), voucher), by.key) }
}

/** Resolves when `check` first holds after some block, or at once. */
export async function eventually(ledger: ChainLedger, check: () => boolean): Promise<void> {
  while (!check()) await ledger.poll()
}
