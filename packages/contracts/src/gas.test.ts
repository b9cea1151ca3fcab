/**
 * Gas a function, compared with gas.json. A wanted change: UPDATE_GAS=1 npx vitest run packages/contracts, then read
 * the diff. An entry of `cashMany` is what one more voucher costs, its calldata included. Staking and governance are
 * without the 21,000 of a transaction and its calldata.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { bondWorld } from '../testing/bond-world.ts'
import { testKey } from '../testing/evm.ts'
import { governanceGas } from '../testing/governance-gas.ts'
import { stakingGas } from '../testing/staking-gas.ts'
import { delaySeconds, VaultWorld } from '../testing/vault-world.ts'

const snapshot = new URL('../gas.json', import.meta.url)
const oneBtt = 10n ** 18n
const zero: Hex = `0x${'00'.repeat(20)}`
const payee = testKey(0)
const payers = Array.from({ length: 41 }, (_, i) => testKey(i + 1))

async function measure() {
  const world = await VaultWorld.create([payee, ...payers])
  const [first = payee] = payers
  const gas: Record<string, number> = {}
  const note = async (name: string, outcome: Promise<{ gas: bigint; revert: Hex | undefined }>) => {
    const { gas: used, revert } = await outcome
    expect(revert).toBeUndefined()
    gas[name] = Number(used)
  }
  await note('depositFor a new key', world.call(first, 'depositFor', [first.address], 1_000n * oneBtt))
  await note('depositFor again', world.call(first, 'depositFor', [first.address], 1_000n * oneBtt))
  for (const payer of payers.slice(1)) await world.call(payer, 'depositFor', [payer.address], 2_000n * oneBtt)
  const signed = (cumulative: bigint, count: number) =>
    Promise.all(
      payers.slice(1, count + 1).map((payer) =>
        world.sign(payer, {
          payer: payer.address,
          payee: payee.address,
          cumulative: cumulative * 1_234_567_890_123_456_789n,
          seq: 1_000_000n,
          totalIssued: 700n * 1_234_567_890_123_456_789n,
        }),
      ),
    )
  const single = async (cumulative: bigint) =>
    world.sign(first, {
      payer: first.address,
      payee: payee.address,
      cumulative,
      seq: 9n,
      totalIssued: cumulative,
    })
  await note('cash a first pair', world.call(payee, 'cash', [await single(5n * oneBtt), zero]))
  await note('cash a repeat', world.call(payee, 'cash', [await single(6n * oneBtt), zero]))
  await note('cash to an address', world.call(payee, 'cash', [await single(7n * oneBtt), payee.address]))
  await note('cashMany of 20 first pairs', world.call(payee, 'cashMany', [await signed(1n, 20), zero]))
  await note('cashMany of 20 repeats', world.call(payee, 'cashMany', [await signed(2n, 20), zero]))
  await note('cashMany of 10 repeats', world.call(payee, 'cashMany', [await signed(3n, 10), zero]))
  await note('cashMany of 20 first pairs and 20 repeats', world.call(payee, 'cashMany', [await signed(4n, 40), zero]))
  await note('cashMany of 40 repeats', world.call(payee, 'cashMany', [await signed(5n, 40), zero]))
  gas['an entry, repeat'] = ((gas['cashMany of 20 repeats'] ?? 0) - (gas['cashMany of 10 repeats'] ?? 0)) / 10
  gas['an entry, first pair'] =
    gas['an entry, repeat'] + ((gas['cashMany of 20 first pairs'] ?? 0) - (gas['cashMany of 20 repeats'] ?? 0)) / 20
  await note('planWithdraw', world.call(first, 'planWithdraw', [oneBtt]))
  world.evm.time += delaySeconds
  await note('withdraw', world.call(first, 'withdraw', [first.address]))
  return { ...gas, ...(await measureBond()), ...(await stakingGas()), ...(await governanceGas()) }
}

async function measureBond() {
  const [payer = payee, other = payee] = payers
  const { bond, evm, sign } = await bondWorld([payee, payer, other])
  const first = await sign(payer, payee, { cumulative: 5n * oneBtt, seq: 1n })
  const second = await sign(payer, other, { cumulative: 5n * oneBtt, seq: 1n })
  const outcomes = {
    'bondFor a new key': await bond.call(payer, 'bondFor', [payer.address], oneBtt),
    'proveOverissue by two vouchers': await bond.call(payee, 'proveOverissue', [first, [second]]),
    'claim of a payee': await bond.call(payee, 'claim', [first]),
  }
  evm.time += delaySeconds
  const settled = await bond.call(payee, 'settle', [payer.address, [payee.address]])
  return Object.fromEntries(
    Object.entries({ ...outcomes, 'settle one payee': settled }).map(([name, { gas, revert }]) => {
      expect(revert).toBeUndefined()
      return [name, Number(gas)]
    }),
  )
}

test('a function costs what gas.json says, and a voucher in a batch stays under its ceiling', {
  timeout: 600_000,
}, async () => {
  const gas = await measure()
  if (process.env.UPDATE_GAS === '1') writeFileSync(snapshot, `${JSON.stringify(gas, null, 2)}\n`)
  expect(gas).toEqual(JSON.parse(readFileSync(snapshot, 'utf8')))
  expect(gas['cashMany of 20 first pairs']).toBeLessThanOrEqual(20 * 40_000)
  expect(gas['cashMany of 40 repeats']).toBeLessThanOrEqual(40 * 22_000)
  expect(gas['an entry, first pair']).toBeLessThanOrEqual(40_000)
  expect(gas['an entry, repeat']).toBeLessThanOrEqual(22_000)
  // What the chain itself calls stays far below a block's gas limit of 30 M, however much is registered.
  for (const [name, used] of Object.entries(gas)) if (name.startsWith('chain: ')) expect(used).toBeLessThan(20_000_000)
})
