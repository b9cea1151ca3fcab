import { btt } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import type { SwarmRun } from '../../swarm-run.ts'
import { amountOf } from '../measuring.ts'
import { runArena } from './arena.ts'
import { SellerWatch } from './seller-watch.ts'

const scale = 1_024
const deposit = 20 * scale

function watched(kind: 'defaulter' | 'taker', bond: number) {
  const watch = new SellerWatch('attacker', btt(BigInt(amountOf(bond))))
  let last: SwarmRun | undefined
  let seconds = 0
  const result = runArena({
    seed: 3,
    isMarket: true,
    amountScale: scale,
    contentMib: 4,
    cast: [
      { name: 'seed', count: 3, upload: 256, has: 'all' },
      { name: 'payer', count: 3, spend: 8, ask: null, behaviour: { kind: 'taker' } },
      {
        name: 'attacker',
        count: 1,
        spend: 8,
        budget: 600,
        deposit: 20,
        ask: null,
        behaviour: { kind, depositBaseUnits: amountOf(deposit) },
      },
    ],
    onSecond(run, second) {
      watch.onSecond(run, second)
      last = run
      seconds = second
    },
  })
  if (last === undefined) throw new Error('a run without a second')
  watch.close(last, seconds)
  return { watch, result }
}

describe('sellers that watch the chain', () => {
  it('prove a payer that told each of them the same sum, and share its bond as the contract does', () => {
    const { watch, result } = watched('defaulter', 100 * scale)
    expect(watch.provenSecond).toBeDefined()
    expect(watch.slashed).toBe(BigInt(amountOf(100 * scale)))
    // A sixteenth for the proof, and claims of all that is not covered: less than the pot of a half.
    expect(watch.compensated).toBe(watch.slashed / 16n + BigInt(result.money.uncovered))
    expect(BigInt(result.money.uncovered)).toBeGreaterThan(0n)
  })

  it('find nothing to prove where a payer tells the truth, whatever it staked', () => {
    const { watch, result } = watched('taker', 100 * scale)
    expect(watch.provenSecond).toBeUndefined()
    expect([watch.slashed, watch.compensated]).toEqual([0n, 0n])
    expect(result.money.uncovered).toBe('0')
  })

  it('let a lie be where the bond is not worth the gas of a proof', () => {
    const { watch, result } = watched('defaulter', 1)
    expect(BigInt(result.money.uncovered)).toBeGreaterThan(0n)
    expect([watch.provenSecond, watch.slashed]).toEqual([undefined, 0n])
  })
})
