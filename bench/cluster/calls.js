// The chain under contract calls, the slowest gas there is for an EVM in JavaScript: as much as fills several blocks up to their
// gas limit, sent at once. What counts is that blocks keep coming, in the first round of consensus, while nodes still answer.

import { setTimeout as delay } from 'node:timers/promises'
import { toHex } from 'viem'
import { sendAll, sign } from '../chain-speed/client.js'
import { compileContracts } from '../chain-speed/contracts.js'
import { intervals, spread } from './watch.js'

/** Each call takes about 1 M gas: 20 and more of them reach the gas limit of a block. */
const callRounds = 1000n
const callGas = 1_300_000n
const probeMilliseconds = 50
const patienceMilliseconds = 300_000

/**
 * @param world `rpcs` of the nodes, `accounts` with money and the next `nonce` of each, a `watch` of the first node, where
 *   CometBFT answers (`consensusUrl`), and the `count` of calls
 * @returns blocks, their intervals, rounds and gas while calls waited; and how long nodes took to answer meanwhile
 */
export async function underCalls({ rpcs, chainId, accounts, nonce, watch, consensusUrl, count }) {
  const nonces = accounts.map(() => nonce)
  const { loops, loop } = compileContracts()
  const deploying = sign(accounts[0], chainId, { nonce: nonces[0]++, data: loops, gas: 2_000_000n })
  const [{ contractAddress: to }] = await sendAll(rpcs[0], [deploying])
  const data = loop('calling', callRounds)
  const signed = Array.from({ length: count }, (_item, at) => {
    const sender = at % accounts.length
    return sign(accounts[sender], chainId, { nonce: nonces[sender]++, to, data, gas: callGas })
  })
  const probes = startProbes(rpcs)
  const began = performance.now()
  const sent = signed.map((raw, at) => rpcs[(at % accounts.length) % rpcs.length].call('eth_sendRawTransaction', raw))
  const hashes = new Set(await Promise.all(sent))
  const found = await minedOf(hashes, watch, began)
  const ended = performance.now()
  const answerSeconds = await probes.stop()
  const blocks = watch.blocks.filter(({ at, receipts }) => at >= began && at <= ended && receipts !== undefined)
  const gas = blocks.map(({ receipts }) => receipts.reduce((sum, { gasUsed }) => sum + Number(gasUsed), 0))
  const rounds = []
  for (const { number } of blocks) rounds.push(await roundOf(consensusUrl, number))
  const seconds = (ended - began) / 1000
  const total = gas.reduce((sum, used) => sum + used, 0)
  return {
    sent: count,
    mined: found,
    seconds: Number(seconds.toFixed(1)),
    ...intervals(watch.blocks, began, ended),
    megagasPerBlock: spread(gas.map((used) => used / 1e6)),
    megagasPerSecond: Number((total / 1e6 / seconds).toFixed(2)),
    roundMax: Math.max(...rounds),
    laterRounds: rounds.filter((round) => round > 0).length,
    answerSeconds,
  }
}

/** Waits until all are mined, or patience ends; how many were, without a failure. */
async function minedOf(hashes, watch, began) {
  for (;;) {
    const receipts = watch.blocks.flatMap((block) => block.receipts ?? [])
    const mined = receipts.filter(({ transactionHash, status }) => hashes.has(transactionHash) && status === '0x1')
    if (mined.length === hashes.size || performance.now() > began + patienceMilliseconds) return mined.length
    if (watch.failure !== undefined) throw watch.failure
    await delay(probeMilliseconds)
  }
}

/** The round in which a block was decided, as its commit says. */
async function roundOf(consensusUrl, number) {
  const { result } = await (await fetch(`${consensusUrl}/commit?height=${number}`)).json()
  return result.signed_header.commit.round
}

/** Asks each node a short question again and again: how long it takes while the chain works. */
function startProbes(rpcs) {
  const took = []
  let stopped = false
  const probe = async (rpc) => {
    while (!stopped) {
      const asked = performance.now()
      await rpc.call('eth_getBalance', toHex(1n, { size: 20 }), 'latest')
      took.push((performance.now() - asked) / 1000)
      await delay(probeMilliseconds)
    }
  }
  const running = Promise.all(rpcs.map(probe))
  return {
    async stop() {
      stopped = true
      await running
      return spread(took)
    },
  }
}
