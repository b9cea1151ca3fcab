/** Whether another process can execute for this chain: asked once, before anything is entrusted to it. */

import type { Hex } from 'viem'
import { ChainError } from '../../errors.ts'
import { gasLimitMost, type ResolvedGenesis } from '../../genesis/config.ts'
import { hasValidators } from '../../genesis/staking.ts'
import { quantity } from '../../hex.ts'
import { amount, callOutput, moduleNames, texts } from './answers.ts'
import { type RemoteClient, type RemoteOptions, RemoteRefusal, remoteClient } from './client.ts'
import { placeOf } from './together.ts'

const neededMethods = ['engine_newPayloadV3', 'engine_forkchoiceUpdatedV3']

/**
 * The client of an engine that has our genesis, speaks what we speak and runs calls as large as a block.
 *
 * @param genesisHash of our block 0
 * @throws ChainError bad-option, engine-unreachable, engine-unfit, engine-failed
 */
export async function openRemote(
  options: RemoteOptions,
  genesis: ResolvedGenesis,
  genesisHash: Hex,
): Promise<RemoteClient> {
  if (hasValidators(genesis)) {
    const message = 'the genesis names validators, whose staking no other client executes: expected the embedded engine'
    throw new ChainError('bad-option', message)
  }
  const client = remoteClient(options)
  const offered = texts(await client.call('engine_exchangeCapabilities', neededMethods))
  const missing = neededMethods.filter((method) => !offered.includes(method))
  if (missing.length > 0) throw unfit(`it lacks ${missing.join(' and ')}`, gethVersion)
  const chainId = Number(amount(await client.call('eth_chainId')))
  if (chainId !== genesis.chainId) throw unfit(`its chain id is ${chainId}`, `${genesis.chainId}`)
  const first = await placeOf(client, quantity(0))
  if (first.hash !== genesisHash) {
    const init = 'make its datadir by geth init from millrace chain geth-genesis'
    throw unfit(`its block 0 is ${first.hash}`, `${genesisHash}, that of our folder; ${init}`)
  }
  await checkGas(client)
  return client
}

/** A contract that answers the gas it has left: GAS, MSTORE at 0, RETURN of that word. */
const gasTeller = '0x5a60005260206000f3'
const tellerAddress = `0x${'7e'.repeat(20)}`
/** What the call itself costs is far below. */
const gasSlack = 100_000n

/** A cap on the gas of its RPC would silently make large transactions run out of gas. */
async function checkGas(client: RemoteClient): Promise<void> {
  const most = BigInt(gasLimitMost)
  const step = {
    blockOverrides: { gasLimit: quantity(most) },
    stateOverrides: { [tellerAddress]: { code: gasTeller } },
    calls: [{ to: tellerAddress, gas: quantity(most) }],
  }
  const left = await client.call('eth_simulateV1', { blockStateCalls: [step] }, 'latest').then(
    (answer) => callOutput(answer),
    (thrown: unknown) => {
      if (thrown instanceof RemoteRefusal) throw unfit(`it answers eth_simulateV1 with: ${thrown.message}`, gethVersion)
      throw thrown
    },
  )
  if (left + gasSlack >= most) return
  throw unfit(`its calls get ${left} gas`, `${most}, the most that a block may have: run geth with --rpc.gascap 0`)
}

const gethVersion = 'a geth of the version in docs/remote-engine.md'

function unfit(found: string, expected: string): ChainError {
  return new ChainError('engine-unfit', `the engine does not fit: ${found}; expected ${expected}`)
}

/** Whether an RPC has geth's own builder for lists of transactions. */
export async function offersBuilding(rpc: RemoteClient): Promise<boolean> {
  return moduleNames(await rpc.call('rpc_modules')).includes('testing')
}
