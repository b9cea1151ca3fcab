import { btt, equalBytes, fromHex } from '@millrace/base'
import { cashSkipReasons } from '@millrace/contracts'
import { expect, test } from 'vitest'
import { chainId, testKey } from '../../contracts/testing/evm.ts'
import { genesisHash, VaultWorld } from '../../contracts/testing/vault-world.ts'
import { parseAccount } from './account.ts'
import { domainSeparator, type LedgerDomain, ledgerId } from './domain.ts'
import { cashEntry } from './signature.ts'
import { keySigner } from './signer.ts'

const zero = `0x${'00'.repeat(20)}` as const

test('what a signer of ours signs, the vault on a real EVM pays', async () => {
  const [payerKey, payeeKey] = [testKey(0), testKey(1)]
  const world = await VaultWorld.create([payerKey, payeeKey])
  const vault = parseAccount(world.vault)
  const salt = fromHex(genesisHash)
  if (vault === undefined || salt === undefined) throw new Error('a vault and a genesis hash')
  const domain: LedgerDomain = { chainId, verifyingContract: vault, genesisHash: salt }
  const hexOf = (value: unknown) => fromHex(String(value)) ?? new Uint8Array(0)
  expect(equalBytes(ledgerId(domain), hexOf(await world.read('ledgerId', [])))).toBe(true)
  expect(equalBytes(domainSeparator(domain), hexOf(await world.read('domainSeparator', [])))).toBe(true)

  await world.call(payerKey, 'depositFor', [payerKey.address], 1_000n)
  const signer = keySigner(new Uint8Array(32).fill(1, 31))
  const payee = parseAccount(payeeKey.address)
  if (payee === undefined) throw new Error('a payee')
  const reasons: string[] = []
  for (let seq = 1n; seq <= 8n; seq++) {
    const voucher = { payer: signer.account, payee, cumulative: btt(10n * seq), seq, totalIssued: btt(10n * seq) }
    const signature = await signer.signVoucher(domain, voucher)
    const entries = [cashEntry({ ...voucher, signature }), cashEntry({ ...voucher, cumulative: btt(999n), signature })]
    const { events } = await world.call(payeeKey, 'cashMany', [entries, zero])
    for (const event of events)
      if (event.eventName === 'CashSkipped') reasons.push(cashSkipReasons[event.args.reason] ?? '')
  }
  expect(await world.read('cashed', [signer.account, payee])).toBe(80n)
  expect(reasons).toEqual(Array(8).fill('bad-signature'))
})
