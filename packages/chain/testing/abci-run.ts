/** A chain that consensus has decided block by block, as a property can lead any node through it again. */

import type { Random } from '@millrace/base'
import { stakingAbi, systemAddresses } from '@millrace/contracts'
import { encodeFunctionData, type Hex, parseEther } from 'viem'
import { expect } from 'vitest'
import { signExtension } from '../src/app/milestone.ts'
import type { Request } from '../src/consensus/cometbft/calls.ts'
import { committedFlag } from '../src/consensus/cometbft/messages.ts'
import { devAccount } from '../src/genesis/accounts.ts'
import { bytesOf, hexOf } from '../src/hex.ts'
import { memoryStore } from '../src/store/store.ts'
import { type AbciNode, openNode } from './abci-node.ts'
import { turns } from './loops.ts'
import { genesisSeconds, oneOf, type TestValidator, testGenesis, testValidator } from './validator-set.ts'

export const validators = ['a', 'b', 'c', 'd'].map((name) => testValidator(name))
// A jail is two missed votes away, and an epoch ends on the way.
export const genesis = testGenesis(validators, { downtimeMissesMax: '2' })
export const heights = Number(process.env.MILLRACE_FUZZ_HEIGHTS ?? 12)
export const none = new Uint8Array(0)

export type BlockCall = NonNullable<Request['finalizeBlock']>

/** A decided block, how its commit voted, and what each vote carried. */
export interface Decided {
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
export async function proposed(
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
export function saidBy(random: Random, voters: readonly Voter[], height: number): Said {
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
export function votersOf(node: AbciNode): readonly Voter[] {
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

/** The straight run: each height proposed, decided and committed once. What is decided may hold more than a valid proposal. */
export async function straightRun(random: Random, snapshotEveryBlocks?: number) {
  const store = memoryStore()
  const snapshots = snapshotEveryBlocks === undefined ? {} : { snapshotEveryBlocks }
  const signer = validators[0]?.signer ?? failing
  const node = await openNode({ genesis, store, signer, ...snapshots, buildTime: anyTurns(random) })
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

/** Proposals are cut short anywhere. */
export const anyTurns = (random: Random) => () => turns(random.below(12))

export const failing = { sign: () => Promise.reject(new Error('no key')) }

export async function shakeHands(node: AbciNode): Promise<number> {
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
