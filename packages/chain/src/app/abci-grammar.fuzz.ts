/**
 * The grammar of calls in the ABCI specification (abci++_comet_expected_behavior.md): whatever legal way a node took to
 * a height, over rounds, strange proposals, crashes and replays, it comes to the hash of the straight run.
 */

import { type CrashPoint, type Random, seededRandom } from '@millrace/base'
import { stakingAbi, systemAddresses } from '@millrace/contracts'
import fc from 'fast-check'
import { encodeFunctionData, type Hex, parseEther } from 'viem'
import { expect, test } from 'vitest'
import { type AbciNode, openNode } from '../../testing/abci-node.ts'
import { genesisSeconds, oneOf, type TestValidator, testGenesis, testValidator } from '../../testing/validator-set.ts'
import type { Request } from '../consensus/cometbft/calls.ts'
import { committedFlag } from '../consensus/cometbft/messages.ts'
import { devAccount } from '../genesis/accounts.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { numberKey } from '../store/codec.ts'
import { type ChainStore, memoryStore } from '../store/store.ts'
import { decodeExtension, signExtension } from './milestone.ts'

const validators = ['a', 'b', 'c', 'd'].map((name) => testValidator(name))
// A jail is two missed votes away, and an epoch ends on the way.
const genesis = testGenesis(validators, { downtimeMissesMax: '2' })
const heights = 12
const none = new Uint8Array(0)

type BlockCall = NonNullable<Request['finalizeBlock']>

/** A decided block, how its commit voted, and what each vote carried. */
interface Decided {
  readonly call: BlockCall
  readonly votes: readonly {
    readonly validator: TestValidator
    readonly power: number
    readonly flag: number
    readonly extension: Uint8Array
  }[]
}

/** What consensus says of a block beside its items. */
type Said = Pick<BlockCall, 'misbehavior' | 'proposerAddress'>

const time = (seconds: number) => ({ seconds: BigInt(seconds), nanos: 123_456_789 })
/** One BTT, to somebody or to the stake of the first validator. */
const payment = async (index: number, nonce: number, isStake: boolean) => {
  const to = isStake ? systemAddresses.staking : '0x00000000000000000000000000000000000000cc'
  const fee = { maxFeePerGas: 2n * 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n, gas: isStake ? 500_000n : 21_000n }
  const args = [(validators[0]?.row.operator ?? '0x') as Hex] as const // an address of viem
  const data = isStake ? encodeFunctionData({ abi: stakingAbi, functionName: 'delegate', args }) : '0x'
  const place = { type: 'eip1559', chainId: genesis.chainId, nonce } as const
  return bytesOf(await devAccount(index).signTransaction({ ...place, to, value: parseEther('1'), data, ...fee }))
}
/** More, and three of the four would not be two thirds of the power. */
const delegationsMax = 3

/** A block on the votes of the one before, proposed by `node`. */
async function proposed(
  node: AbciNode,
  height: number,
  seconds: number,
  before: Decided | undefined,
  said: Said,
): Promise<BlockCall> {
  const votes = before?.votes ?? []
  const { txs } = await node.call('prepareProposal', {
    maxTxBytes: 1_000_000n,
    txs: [],
    localLastCommit: {
      round: 0,
      votes: votes.map(({ validator, power, flag, extension }) => ({
        validator: { address: bytesOf(validator.address), power: BigInt(power) },
        voteExtension: extension,
        extensionSignature: none,
        blockIdFlag: flag,
      })),
    },
    height: BigInt(height),
    time: time(seconds),
    ...said,
  })
  return blockCall(height, seconds, txs, before, said)
}

function blockCall(
  height: number,
  seconds: number,
  txs: readonly Uint8Array[],
  before: Decided | undefined,
  said: Said,
): BlockCall {
  const votes = (before?.votes ?? []).map(({ validator, power, flag }) => {
    return { validator: { address: bytesOf(validator.address), power: BigInt(power) }, blockIdFlag: flag }
  })
  return {
    txs,
    lastCommit: { round: 0, votes },
    hash: none,
    height: BigInt(height),
    time: time(seconds),
    ...said,
  }
}

/** A proposer, and now and then evidence: about a validator, known or not, of a height that was, or will be. */
function saidBy(random: Random, voters: readonly Voter[], height: number): Said {
  const proposerAddress = bytesOf(oneOf(random, voters).validator.address)
  if (random.below(5) > 0) return { proposerAddress, misbehavior: [] }
  const address = random.below(4) === 0 ? random.bytes(20) : bytesOf(oneOf(random, validators).address)
  const validator = { address, power: 10n }
  const at = { height: BigInt(random.below(height + 1)), time: time(genesisSeconds), totalVotingPower: 40n }
  return { proposerAddress, misbehavior: [{ type: 1 + random.below(2), validator, ...at }] }
}

interface Voter {
  readonly validator: TestValidator
  readonly power: number
}

/** Who votes on the next block. */
function votersOf(node: AbciNode): readonly Voter[] {
  return node.chain.app.validators().flatMap(({ consensusKey, power }) => {
    const validator = validators.find(({ row }) => row.consensusKey === consensusKey)
    return validator === undefined ? [] : [{ validator, power }]
  })
}

/**
 * Three or four of the four commit; one may have signed another hash, a fourth may have come late with anything. All of a
 * smaller set must.
 */
async function votesFor(random: Random, height: number, appHash: Uint8Array, node: AbciNode, voters: readonly Voter[]) {
  const isWhole = voters.length === validators.length
  const absent = isWhole && random.below(2) === 0 ? random.below(voters.length) : -1
  const late = isWhole && absent < 0 && random.below(3) === 0 ? random.below(voters.length) : -1
  const liar = random.below(3) === 0 ? random.below(voters.length) : -1
  return Promise.all(
    voters.map(async ({ validator, power }, index) => {
      const who = { validator, power }
      if (index === absent) return { ...who, flag: oneOf(random, [1, 3]), extension: none }
      if (index === late) return { ...who, flag: committedFlag, extension: random.bytes(random.below(400)) }
      const hash: Hex = index === liar ? `0x${'ee'.repeat(32)}` : hexOf(appHash)
      const extension = await signExtension(node.chain.app.network, { height, hash }, validator.signer)
      return { ...who, flag: committedFlag, extension }
    }),
  )
}

function isMilestone({ votes }: Decided, extensionOf: (validator: TestValidator) => Uint8Array): boolean {
  const powerOf = (some: Decided['votes']) => some.reduce((sum, { power }) => sum + power, 0)
  const right = votes.filter(({ validator, extension }) => hexOf(extension) === hexOf(extensionOf(validator)))
  return powerOf(right) * 3 > powerOf(votes) * 2
}

/** The straight run: each height proposed, decided and committed once. What is decided may hold more than a valid proposal. */
async function straightRun(random: Random) {
  const store = memoryStore()
  const node = await openNode({ genesis, store, signer: validators[0]?.signer ?? failing })
  await shakeHands(node)
  const decided: Decided[] = []
  const hashes: Uint8Array[] = []
  const nonces = [0, 0, 0]
  const pending: Uint8Array[] = []
  let seconds = genesisSeconds
  let delegations = 0
  for (let height = 1; height <= heights; height++) {
    for (let i = random.below(3); i > 0; i--) {
      const sender = random.below(nonces.length)
      const nonce = nonces[sender] ?? 0
      nonces[sender] = nonce + 1
      const isStake = random.below(2) === 0 && delegations++ < delegationsMax
      const raw = await payment(sender + 1, nonce, isStake)
      pending.push(raw)
      expect((await node.call('insertTx', { tx: raw })).code).toBe(0)
    }
    seconds += random.below(3)
    const voters = votersOf(node)
    const valid = await proposed(node, height, seconds, decided.at(-1), saidBy(random, voters, height))
    expect((await node.call('processProposal', valid)).status).toBe(1)
    const extra = random.below(3) === 0 ? [random.bytes(random.below(40)), valid.txs.at(-1) ?? none] : []
    const call = { ...valid, txs: [...valid.txs, ...extra] }
    if (extra.length > 0) expect((await node.call('processProposal', call)).status, 'garbage is voted down').toBe(2)
    const finalized = await node.call('finalizeBlock', call)
    expect(finalized.txResults).toHaveLength(call.txs.length)
    await node.call('commit', {})
    hashes.push(finalized.appHash)
    decided.push({ call, votes: await votesFor(random, height, finalized.appHash, node, voters) })
  }
  return { node, store, decided, hashes, pending }
}

const failing = { sign: () => Promise.reject(new Error('no key')) }

async function shakeHands(node: AbciNode): Promise<number> {
  const { lastBlockHeight, lastBlockAppHash } = await node.call('info', { version: '0.39.0', abciVersion: '2.0.0' })
  if (lastBlockHeight === 0n) {
    const { appHash } = await node.call('initChain', {
      time: time(genesisSeconds),
      chainId: `millrace-${genesis.chainId}`,
      consensusParams: { block: undefined, evidence: undefined, abci: { voteExtensionsEnableHeight: 1n } },
      validators: [],
      appStateBytes: Buffer.from(JSON.stringify(node.chain.genesisHash)),
      initialHeight: 1n,
    })
    expect(hexOf(appHash)).toBe(node.chain.genesisHash)
  }
  expect(hexOf(lastBlockAppHash)).toBe(node.chain.head().hash)
  return Number(lastBlockHeight)
}

class Crashed extends Error {}

/** A node that another seed leads over the same decisions on a way of its own. */
class Wanderer {
  readonly random: Random
  readonly store: ChainStore
  readonly decided: readonly Decided[]
  readonly pending: readonly Uint8Array[]
  deadAt: CrashPoint | undefined
  node: AbciNode | undefined

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
    this.node = await openNode({ genesis, store: this.store, signer: oneOf(this.random, validators).signer, crash })
    return shakeHands(this.node)
  }

  /** consensus-height of the grammar; false when the process died on the way. */
  async height(height: number, appHash: Uint8Array): Promise<boolean> {
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

/** What a store says of milestones up to the last height but one. */
const milestonesOf = (store: ChainStore) =>
  Array.from({ length: heights - 1 }, (_item, index) => {
    const bytes = store.get('milestone', numberKey(index + 1))
    return bytes === undefined ? undefined : hexOf(bytes)
  })

test('any legal sequence of calls, crashes and replays gives the hash of the straight run', { timeout: 300_000 }, () =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 0 }), async (seed) => {
      const random = seededRandom(seed)
      const { node, store, decided, hashes, pending } = await straightRun(random)
      const wanderer = new Wanderer(random, memoryStore(), decided, pending)
      let done = await wanderer.start()
      while (done < heights) {
        const goesOn = await wanderer.height(done + 1, hashes[done] ?? none)
        done = goesOn ? done + 1 : await wanderer.start()
      }
      const replaying = await openNode({ genesis, store: memoryStore() })
      await shakeHands(replaying)
      for (const { call } of decided) {
        await replaying.call('finalizeBlock', call)
        await replaying.call('commit', {})
      }
      const head = node.chain.head()
      expect(wanderer.node?.chain.head().hash).toBe(head.hash)
      expect(replaying.chain.head().hash).toBe(head.hash)
      expect(milestonesOf(wanderer.store)).toEqual(milestonesOf(store))
      expect(wanderer.node?.chain.finalized()).toBe(node.chain.finalized())
      const signed = await Promise.all(
        decided.map((block, index) => hasQuorum(node, block, index + 1, hashes[index] ?? none)),
      )
      expect(milestonesOf(store).map((milestone) => milestone !== undefined)).toEqual(signed.slice(0, -1))
    }),
    { numRuns: 4 },
  ),
)

async function hasQuorum(node: AbciNode, block: Decided, height: number, appHash: Uint8Array): Promise<boolean> {
  const right = new Map<TestValidator, Uint8Array>()
  for (const validator of validators) {
    right.set(
      validator,
      await signExtension(node.chain.app.network, { height, hash: hexOf(appHash) }, validator.signer),
    )
  }
  return isMilestone(block, (validator) => right.get(validator) ?? none)
}
