/** State tests of ethereum/execution-spec-tests: one transaction over a given state, by the rules of a given fork. */

import { createBlock } from '@ethereumjs/block'
import { createCustomCommon, Mainnet } from '@ethereumjs/common'
import { RLP } from '@ethereumjs/rlp'
import { runTx } from '@ethereumjs/vm'
import { type Hex, keccak256 } from 'viem'
import { recoverPublicKey } from '../src/crypto.ts'
import { decodeTransaction } from '../src/execution/engine.ts'
import { StateReader } from '../src/execution/state/state-reader.ts'
import { openWorld } from '../src/execution/world.ts'
import { bytesOf, hexOf } from '../src/hex.ts'
import { memoryStore } from '../src/store/store.ts'
import { noKzg, writeAlloc } from './foreign-import.ts'

export interface StateTest {
  readonly env: Readonly<Record<string, Hex>>
  readonly pre: Parameters<typeof writeAlloc>[1]
  /** By fork. */
  readonly post: Readonly<Record<string, readonly StatePost[]>>
}

export interface StatePost {
  /** State root afterwards. */
  readonly hash: Hex
  /** Hash of the logs' RLP. */
  readonly logs: Hex
  readonly txbytes: Hex
  readonly expectException?: string
}

/** What is left after `post`'s transaction: over our store, world and signature recovery. */
export async function runStateTest(test: StateTest, fork: string, post: StatePost) {
  const common = createCustomCommon({ chainId: 1 }, Mainnet, {
    hardfork: fork.toLowerCase(),
    customCrypto: { ecrecover: recoverPublicKey, kzg: noKzg },
  })
  const store = memoryStore()
  const before = await writeAlloc(store, test.pre)
  await store.write(before.nodes, undefined)
  const world = await openWorld(common, new StateReader(store), before.stateRoot, () => new Uint8Array(32))
  const { env } = test
  const number = (name: string) => BigInt(env[name] ?? 0)
  const header = {
    number: number('currentNumber'),
    timestamp: number('currentTimestamp'),
    gasLimit: number('currentGasLimit'),
    baseFeePerGas: number('currentBaseFee'),
    excessBlobGas: number('currentExcessBlobGas'),
    coinbase: env.currentCoinbase ?? '0x',
    mixHash: env.currentRandom ?? '0x',
  }
  let logs: unknown[] = []
  let refusal: string | undefined
  try {
    const { tx } = decodeTransaction(bytesOf(post.txbytes), common)
    const { execResult } = await runTx(world.vm, { tx, block: createBlock({ header }, { common: world.vm.common }) })
    logs = execResult.logs ?? []
  } catch (thrown) {
    refusal = String(thrown)
  }
  return {
    hash: hexOf(await world.manager.getStateRoot()),
    logs: keccak256(RLP.encode(logs as Parameters<typeof RLP.encode>[0])), // addresses, topics and data are bytes
    refusal,
  }
}
