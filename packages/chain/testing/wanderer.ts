/**
 * A node that goes a way of its own over decided blocks: rounds, strange proposals, crashes at any point, replays; and what
 * CometBFT asks on its other connections while consensus waits for an answer.
 */

import type { CrashPoint, Random } from '@millrace/base'
import { expect } from 'vitest'
import { decodeExtension } from '../src/app/milestone.ts'
import { committedFlag, retryCode } from '../src/consensus/cometbft/messages.ts'
import { bytesOf, hexOf } from '../src/hex.ts'
import type { ChainStore } from '../src/store/store.ts'
import { type AbciNode, openNode } from './abci-node.ts'
import {
  anyTurns,
  type BlockCall,
  type Decided,
  genesis,
  none,
  proposed,
  saidBy,
  shakeHands,
  validators,
  votersOf,
} from './abci-run.ts'
import { turns } from './loops.ts'
import { oneOf } from './validator-set.ts'

class Crashed extends Error {}

/** A node that another seed leads over the same decisions on a way of its own. */
export class Wanderer {
  readonly random: Random
  readonly store: ChainStore
  readonly decided: readonly Decided[]
  readonly pending: readonly Uint8Array[]
  deadAt: CrashPoint | undefined
  /** Its calls are those of consensus, which seldom comes alone. */
  node: AbciNode | undefined
  /** Calls on other connections that were answered while one of consensus was not yet. */
  answeredMeanwhile = 0
  private consensusCalls = 0
  private others: Promise<void>[] = []

  constructor(random: Random, store: ChainStore, decided: readonly Decided[], pending: readonly Uint8Array[]) {
    this.random = random
    this.store = store
    this.decided = decided
    this.pending = pending
  }

  /** Starts the process anew; the height that CometBFT begins to replay after. */
  async start(): Promise<number> {
    const crash = {
      at: (point: CrashPoint) => {
        if (point === this.deadAt) throw new Crashed()
      },
    }
    this.deadAt = undefined
    const { signer } = oneOf(this.random, validators)
    const node = await openNode({ genesis, store: this.store, signer, crash, buildTime: anyTurns(this.random) })
    const done = await shakeHands(node)
    this.node = {
      ...node,
      call: async (name, value) => {
        for (let calls = this.random.below(3); calls > 0; calls--) this.others.push(this.other(node))
        this.consensusCalls++
        try {
          return await node.call(name, value)
        } finally {
          this.consensusCalls--
        }
      },
    }
    return done
  }

  /** One call of the mempool's connection, or of the one for queries, some turns from now. All chance is drawn at once. */
  private async other(node: AbciNode): Promise<void> {
    const { random, pending } = this
    const tx = oneOf(random, [...pending, random.bytes(50)])
    const call = oneOf(random, [
      async () => expect([0, 1, retryCode]).toContain((await node.call('insertTx', { tx })).code),
      async () => expect([0, 1, retryCode]).toContain((await node.call('checkTx', { tx, type: 0 })).code),
      async () => {
        const { txs } = await node.call('reapTxs', { maxBytes: 0n, maxGas: 0n })
        for (const reaped of txs) expect(pending.map(hexOf)).toContain(hexOf(reaped))
      },
      async () => {
        const { lastBlockHeight, lastBlockAppHash } = await node.call('info', { version: '', abciVersion: '' })
        expect(hexOf(lastBlockAppHash)).toBe(node.chain.blocks.byNumber(Number(lastBlockHeight))?.hash)
      },
    ])
    await turns(random.below(12))
    await call()
    if (this.consensusCalls > 0) this.answeredMeanwhile++
  }

  /** consensus-height of the grammar; false when the process died on the way. */
  async height(height: number, appHash: Uint8Array): Promise<boolean> {
    const goesOn = await this.decide(height, appHash)
    await Promise.all(this.others.splice(0))
    return goesOn
  }

  private async decide(height: number, appHash: Uint8Array): Promise<boolean> {
    const { random, node } = this
    const decided = this.decided[height - 1]
    if (node === undefined || decided === undefined) throw new Error('a height without a decision')
    const before = this.decided[height - 2]
    for (let round = random.below(3); round > 0; round--) {
      await this.round(node, height, decided.call, before)
      if (random.below(6) === 0) return false
    }
    const finalized = await node.call('finalizeBlock', decided.call)
    expect(hexOf(finalized.appHash)).toBe(hexOf(appHash))
    if (random.below(6) === 0) return false
    this.deadAt = oneOf(random, [undefined, undefined, undefined, 'chain.built', 'chain.committed'])
    const dies = this.deadAt !== undefined
    const ended = await node.call('commit', {}).then(
      () => 'alive',
      () => 'dead',
    )
    expect(ended).toBe(dies ? 'dead' : 'alive')
    return !dies
  }

  /** consensus-round: as proposer or not, with votes coming at any time. */
  async round(node: AbciNode, height: number, call: BlockCall, before: Decided | undefined): Promise<void> {
    const { random } = this
    const maybe = async (work: () => Promise<unknown>) => {
      if (random.below(2) === 0) await work()
    }
    await maybe(() => this.gotVote(node, height))
    await maybe(() => node.call('insertTx', { tx: oneOf(random, [...this.pending, random.bytes(50)]) }))
    if (random.below(2) === 0) {
      const said = saidBy(random, votersOf(node), height)
      const own = await proposed(node, height, Number(call.time?.seconds) + random.below(3), before, said)
      await maybe(async () => expect((await node.call('processProposal', own)).status).toBe(1))
      await maybe(() => this.extend(node, height, own))
    } else {
      const other = oneOf(random, [
        call,
        { ...call, txs: call.txs.slice(1) },
        { ...call, txs: [random.bytes(9)] },
        { ...call, ...saidBy(random, votersOf(node), height) },
      ])
      await maybe(() => node.call('processProposal', other))
      await maybe(() => this.extend(node, height, other))
    }
    await maybe(() => this.gotVote(node, height))
  }

  async extend(node: AbciNode, height: number, call: BlockCall): Promise<void> {
    const { voteExtension } = await node.call('extendVote', { ...call, height: BigInt(height) })
    expect(voteExtension.length).toBeGreaterThan(0)
  }

  async gotVote(node: AbciNode, height: number): Promise<void> {
    const votes = this.decided[height - 1]?.votes.filter(({ flag }) => flag === committedFlag) ?? []
    const vote = oneOf(this.random, votes)
    const voteExtension = oneOf(this.random, [vote.extension, this.random.bytes(this.random.below(200)), none])
    const validatorAddress = bytesOf(vote.validator.address)
    const { status } = await node.call('verifyVoteExtension', {
      hash: none,
      validatorAddress,
      height: BigInt(height),
      voteExtension,
    })
    const isGood = decodeExtension(voteExtension).ok && voteExtension === vote.extension
    expect(status).toBe(isGood ? 1 : 2)
  }
}
