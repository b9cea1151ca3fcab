/** One validator with the real cometbft: it makes blocks, serves transactions, and survives kill -9 of either process. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEther } from 'viem'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { lmdbStore } from '../../packages/chain/src/store/lmdb.ts'
import { replayed } from '../../packages/chain/testing/replay.ts'
import { suppliesOf } from '../../packages/chain/testing/supply.ts'
import { canUseCometBft, initValidators, stopValidators, untilGone, type Validator } from '../support/validators.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-validator-'))
const made: Validator[] = []
afterEach(() => stopValidators(made))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const to = '0x00000000000000000000000000000000000000aa'

/** Sends one BTT and waits for its block. */
async function pay(validator: Validator, index: number) {
  const { wallet, receipt } = validator.user(index)
  return receipt(await wallet.sendTransaction({ to, value: parseEther('1') }))
}

describe.runIf(canUseCometBft())('a validator', () => {
  it('goes on with the same chain after kill -9 of the node, of cometbft and of both', {
    timeout: 240_000,
  }, async () => {
    const [validator] = await initValidators({ folder }, 1)
    if (validator === undefined) throw new Error('no validator was made')
    made.push(validator)
    await validator.start()
    const told: { number: number; hash: string }[] = []
    const paid = async (index: number) => {
      const { status, blockNumber, blockHash } = await pay(validator, index)
      expect(status).toBe('success')
      told.push({ number: Number(blockNumber), hash: blockHash })
    }
    await paid(1)

    const orphan = validator.ready.consensusPid
    expect((await validator.running.stop('SIGKILL')).signal).toBe('SIGKILL')
    await untilGone(orphan)
    await validator.start()
    await paid(2)

    process.kill(validator.ready.consensusPid, 'SIGKILL')
    await untilGone(validator.ready.consensusPid)
    await paid(3)

    const { head } = await validator.consensus()
    await validator.running.stop('SIGKILL')
    await validator.start()
    process.kill(validator.ready.consensusPid, 'SIGKILL')
    expect((await validator.running.stop('SIGKILL')).signal).toBe('SIGKILL')
    await validator.start()
    await paid(4)
    expect(told.at(-1)?.number).toBeGreaterThan(head)

    for (const { number, hash } of told) expect(await validator.hashOf(number)).toBe(hash)
    const last = told.at(-1)?.number ?? 0
    await validator.untilHead(last + 2)
    const { reader } = validator.user(1)
    const finalized = await reader.getBlock({ blockTag: 'finalized' })
    expect(Number(finalized.number)).toBeGreaterThanOrEqual(last)
    expect(Number(finalized.number), 'a block is final with the next one').toBeLessThan(
      (await validator.consensus()).head,
    )
    expect(await reader.getBalance({ address: to })).toBe(parseEther('4'))
    expect((await validator.running.stop()).code).toBe(0)

    const store = lmdbStore(join(validator.folder, 'chain'))
    try {
      const { chain, head: stored, engine } = await replayed(store)
      expect(chain.at(-1)?.hash).toBe(stored.hash)
      expect(await suppliesOf(engine, chain)).toHaveLength(chain.length)
    } finally {
      await store.close()
    }
  })
})
