import { execFileSync } from 'node:child_process'
import { encodeFunctionData, encodePacked, type Hex, hashTypedData, keccak256 } from 'viem'
import { beforeEach, describe, expect, test } from 'vitest'
import { chainId, testKey } from '../testing/evm.ts'
import { delaySeconds, genesisHash, type SignedFields, VaultWorld, voucherTypes } from '../testing/vault-world.ts'
import { vaultAbi } from './index.ts'
import { cashSkipReasons } from './vault.ts'

const [alice, bob, carol, dave] = [testKey(0), testKey(1), testKey(2), testKey(3)]
const zero: Hex = `0x${'00'.repeat(20)}`
let world: VaultWorld

beforeEach(async () => {
  world = await VaultWorld.create([alice, bob, carol, dave])
})

const voucher = (cumulative: bigint, changes: Partial<SignedFields> = {}, by = alice) =>
  world.sign(by, {
    payer: alice.address,
    payee: bob.address,
    cumulative,
    seq: 1n,
    totalIssued: cumulative,
    ...changes,
  })

const reasonsOf = (outcome: Awaited<ReturnType<VaultWorld['call']>>) =>
  outcome.events.flatMap((event) =>
    event.eventName === 'CashSkipped' ? [`${event.args.index} ${cashSkipReasons[event.args.reason]}`] : [],
  )

test('the generated code is what the sources compile to', { timeout: 600_000 }, () => {
  expect(execFileSync(process.execPath, ['scripts/compile-contracts.js', '--check'], { encoding: 'utf8' })).toBe('')
})

describe('signatures', () => {
  test('the digest is that of EIP-712 with the genesis hash as salt', async () => {
    const signed = await voucher(7n, { seq: 9n, totalIssued: 11n })
    const { r: _r, vs: _vs, ...message } = signed
    expect(await world.read('voucherDigest', [signed])).toBe(hashTypedData({ ...voucherTypes(world.vault), message }))
  })

  test('the ledger id and the EIP-5267 domain name this chain and this vault', async () => {
    const packed = encodePacked(['uint256', 'bytes32', 'address'], [chainId, genesisHash, world.vault])
    expect(await world.read('ledgerId', [])).toBe(keccak256(packed))
    expect(await world.read('eip712Domain', [])).toEqual([
      '0x1f',
      'millrace',
      '1',
      chainId,
      expect.stringMatching(new RegExp(world.vault, 'i')),
      genesisHash,
      [],
    ])
  })
})

describe('cash', () => {
  test('pays the increase of a voucher into the payee’s own balance', async () => {
    await world.call(alice, 'depositFor', [alice.address], 100n)
    expect((await world.call(carol, 'cash', [await voucher(30n), zero])).revert).toBeUndefined()
    const second = await world.call(carol, 'cash', [await voucher(45n), zero])
    expect(second.events.map((event) => event.eventName)).toEqual(['Cashed', 'Deposited'])
    expect(second.events[0]?.args).toMatchObject({ amount: 15n, cashed: 45n })
    expect(await world.books(alice.address)).toMatchObject({ deposited: 100n, paidOut: 45n, balance: 55n })
    expect(await world.books(bob.address)).toMatchObject({ deposited: 45n, paidOut: 0n, balance: 45n })
    expect(await world.read('cashed', [alice.address, bob.address])).toBe(45n)
    expect(await world.evm.balanceOf(world.vault)).toBe(100n)
  })

  test('pays to an address when the payee itself asks', async () => {
    await world.call(alice, 'depositFor', [alice.address], 100n)
    const to: Hex = `0x${'77'.repeat(20)}`
    const stranger = await world.call(carol, 'cash', [await voucher(30n), to])
    expect(stranger.revert?.slice(10)).toBe(`${'0'.repeat(63)}4`)
    await world.call(bob, 'cash', [await voucher(30n), to])
    expect(await world.evm.balanceOf(to)).toBe(30n)
    expect(await world.evm.balanceOf(world.vault)).toBe(70n)
    expect(await world.books(bob.address)).toMatchObject({ deposited: 0n, balance: 0n })
  })

  test('pays what is there when the balance is short, and the rest after another deposit', async () => {
    await world.call(alice, 'depositFor', [alice.address], 20n)
    const signed = await voucher(50n)
    await world.call(bob, 'cash', [signed, zero])
    expect(await world.read('cashed', [alice.address, bob.address])).toBe(20n)
    await world.call(dave, 'depositFor', [alice.address], 100n)
    await world.call(bob, 'cash', [signed, zero])
    expect(await world.read('cashed', [alice.address, bob.address])).toBe(50n)
    expect(await world.books(alice.address)).toMatchObject({ balance: 70n, paidOut: 50n })
  })

  test('refuses a voucher twice, by another key, changed, for another vault, or to oneself', async () => {
    await world.call(alice, 'depositFor', [alice.address], 100n)
    const signed = await voucher(30n)
    await world.call(bob, 'cash', [signed, zero])
    const other = await VaultWorld.create([carol, alice])
    const foreign = await other.sign(alice, { ...signed, cumulative: 60n })
    const batch = await world.call(bob, 'cashMany', [
      [
        signed,
        await voucher(50n, {}, carol),
        { ...(await voucher(50n)), cumulative: 51n },
        foreign,
        await voucher(50n, { payee: alice.address }),
        { ...(await voucher(50n)), r: `0x${'ff'.repeat(32)}` },
      ],
      zero,
    ])
    expect(batch.revert).toBeUndefined()
    expect(reasonsOf(batch)).toEqual([
      '0 nothing-new',
      '1 bad-signature',
      '2 bad-signature',
      '3 bad-signature',
      '4 self-payment',
      '5 bad-signature',
    ])
    expect(await world.books(alice.address)).toMatchObject({ balance: 70n, paidOut: 30n })
  })
})

test('cashMany pays the good entries and reports the others', async () => {
  await world.call(alice, 'depositFor', [alice.address], 100n)
  const fromCarol = await world.sign(carol, {
    payer: carol.address,
    payee: bob.address,
    cumulative: 5n,
    seq: 1n,
    totalIssued: 5n,
  })
  const toDave = await voucher(40n, { payee: dave.address })
  const outcome = await world.call(dave, 'cashMany', [
    [await voucher(30n), fromCarol, toDave, await voucher(35n)],
    zero,
  ])
  expect(reasonsOf(outcome)).toEqual(['1 empty-balance'])
  expect(BigInt(outcome.data)).toBe(75n)
  expect((await world.books(bob.address)).balance).toBe(35n)
  expect((await world.books(dave.address)).balance).toBe(40n)
  const toAddress = await world.call(dave, 'cashMany', [
    [await voucher(36n), await voucher(41n, { payee: dave.address })],
    dave.address,
  ])
  expect(reasonsOf(toAddress)).toEqual(['0 not-the-payee'])
  expect(BigInt(toAddress.data)).toBe(1n)
})

describe('withdrawals', () => {
  test('leave after the delay, and no more than the balance holds then', async () => {
    await world.call(alice, 'depositFor', [alice.address], 100n)
    await world.call(alice, 'planWithdraw', [80n])
    world.evm.time += delaySeconds - 1n
    expect((await world.call(alice, 'withdraw', [dave.address])).revert).toBeDefined()
    await world.call(bob, 'cash', [await voucher(50n), zero])
    world.evm.time += 1n
    const before = await world.evm.balanceOf(carol.address)
    const outcome = await world.call(alice, 'withdraw', [carol.address])
    expect(outcome.events).toMatchObject([{ eventName: 'Withdrawn', args: { amount: 50n } }])
    expect(await world.evm.balanceOf(carol.address)).toBe(before + 50n)
    expect(await world.books(alice.address)).toMatchObject({ withdrawn: 50n, balance: 0n, planned: 0n })
    expect((await world.call(alice, 'withdraw', [carol.address])).revert).toBeDefined()
  })

  test('a new plan replaces the old one and starts the delay again; zero cancels it', async () => {
    await world.call(alice, 'depositFor', [alice.address], 100n)
    await world.call(alice, 'planWithdraw', [80n])
    world.evm.time += delaySeconds
    await world.call(alice, 'planWithdraw', [90n])
    expect((await world.call(alice, 'withdraw', [dave.address])).revert).toBeDefined()
    await world.call(alice, 'planWithdraw', [0n])
    world.evm.time += 10n * delaySeconds
    expect((await world.call(alice, 'withdraw', [dave.address])).revert).toBeDefined()
    expect((await world.books(alice.address)).balance).toBe(100n)
  })
})

test('a recipient that calls back in during its payment fails the payment', async () => {
  await world.call(alice, 'depositFor', [alice.address], 100n)
  const attacker = await world.evm.transact(carol, undefined, 0n, reentrantCode(world.vault))
  if (attacker.address === undefined) throw new Error('the recipient did not deploy')
  // Outside of a payment its call goes through, so that only the guard can be what stops it below.
  expect((await world.evm.transact(dave, attacker.address, 1n, '0x')).revert).toBeUndefined()
  await world.call(alice, 'planWithdraw', [10n])
  world.evm.time += delaySeconds
  expect((await world.call(alice, 'withdraw', [attacker.address])).revert).toBeDefined()
  expect((await world.call(bob, 'cash', [await voucher(30n), attacker.address])).revert).toBeDefined()
  expect(await world.evm.balanceOf(world.vault)).toBe(100n)
  expect(await world.books(alice.address)).toMatchObject({ balance: 100n, withdrawn: 0n, paidOut: 0n })
})

/** Creation code of a contract that, when paid, calls `cashMany([], 0)` and reverts unless that succeeds. */
function reentrantCode(vault: Hex): Hex {
  const call = encodeFunctionData({ abi: vaultAbi, functionName: 'cashMany', args: [[], zero] })
  const body = [
    `63${call.slice(2, 10)}60e01b600052`, // PUSH4 selector, shifted to the left end of word 0
    '6040600452', // the offset of the empty list; recipient and length stay zero
    '60006000606460006000', // PUSH1 each: return length and offset, argument length and offset, value
    `73${vault.slice(2)}`, // PUSH20 the vault
    '5af1', // GAS CALL
  ].join('')
  const target = (body.length / 2 + 8).toString(16)
  const runtime = `${body}60${target}5760006000fd5b00` // JUMPI over a REVERT to a STOP
  const size = (runtime.length / 2).toString(16).padStart(2, '0')
  return `0x60${size}600c60003960${size}6000f3${runtime}`
}
