// Four validators on this machine, each a node and a real cometbft, under transfers that come at a fixed pace whatever the chain
// does: signed beforehand, from many accounts, a quarter to each node. Before it the same chain idle. The folders are on disk,
// for a commit waits for it. After it, contract calls that would fill blocks up to their gas limit. At the end one of them is killed
// and started again, a few times. Headers count whole seconds: their mean is exact, their percentiles are not.

import { setTimeout as delay } from 'node:timers/promises'
import { connect, sign } from './chain-speed/client.js'
import { underCalls } from './cluster/calls.js'
import { cpuOf, lackOfCometBft, portsInRow, startNetwork, stopNetwork } from './cluster/network.js'
import { restartsOf } from './cluster/restarts.js'
import { fundedSenders } from './cluster/senders.js'
import { intervals, spread, watchChain } from './cluster/watch.js'
import { diskFolder, median } from './support.js'

const validators = 4
const perSecond = 200
const senders = 200
const callers = 40
const milliseconds = 1000
/** For what was sent and is in no block yet when the time is over. */
const patienceSeconds = 30
/** A second, and a tenth of it for the votes of a block. */
const meanSecondsMax = 1.1
const p95SecondsMax = 1.5
/** From the start of a killed validator to its first answer, and to the head of the others. */
const restartSecondsMax = 5

export async function cluster(bench) {
  const lack = lackOfCometBft()
  if (lack !== undefined) return void console.log(`  skipped: ${lack}`)
  const seconds = bench.quick ? 10 : 60
  // The first four of them are what the network takes for itself.
  const consensusRpc = `127.0.0.1:${(await portsInRow(validators + 1)) + validators}`
  const flags = (index) => (index === 0 ? ['--consensus-rpc', consensusRpc] : [])
  const nodes = await startNetwork(bench, diskFolder(), validators, flags)
  const rpcs = nodes.map(({ url }) => connect(url))
  try {
    const { chainId } = nodes[0]
    const accounts = await fundedSenders(rpcs, chainId, senders)
    const transfers = transfersOf(accounts, chainId, seconds * perSecond)
    const watch = await watchChain(rpcs[0])
    const idle = await during(nodes, () => delay((bench.quick ? 5 : 20) * milliseconds))
    const loaded = await during(nodes, () => sendPaced(rpcs, transfers, watch))
    const fates = await fatesOf(transfers, watch)
    const nonce = transfers.length / senders
    const place = { rpcs, chainId, watch, consensusUrl: `http://${consensusRpc}` }
    const calls = await underCalls({
      ...place,
      accounts: accounts.slice(0, callers),
      nonce,
      count: bench.quick ? 20 : 100,
    })
    await watch.stop()
    const sameBlock = await agree(rpcs, watch.finalized)
    const blocksOf = ({ from, to, ...rest }) => ({ ...rest, ...intervals(watch.blocks, from, to) })
    const { lagMax } = watch
    const counted = summary({
      seconds,
      idle: blocksOf(idle),
      loaded: blocksOf(loaded),
      fates,
      calls,
      lagMax,
      sameBlock,
    })
    return withRestarts(counted, await restartsOf(bench, nodes, bench.quick ? 1 : bench.rounds))
  } finally {
    for (const rpc of rpcs) rpc.close()
    await stopNetwork(nodes)
  }
}

/** In the order of their sending, an account's always to the same node. */
function transfersOf(accounts, chainId, count) {
  return Array.from({ length: count }, (_item, at) => {
    const sender = at % senders
    const fields = { nonce: Math.floor(at / senders), to: accounts[(sender + 1) % senders].address, value: 1n }
    return { raw: sign(accounts[sender], chainId, { ...fields, gas: 21_000n }), node: sender % validators }
  })
}

/** When `work` ran, and the CPUs that were busy meanwhile. */
async function during(nodes, work) {
  const from = performance.now()
  const before = cpuOf(nodes)
  await work()
  const to = performance.now()
  const after = cpuOf(nodes)
  const seconds = (to - from) / milliseconds
  const cpus = Object.fromEntries(
    Object.keys(before).map((key) => [key, Number(((after[key] - before[key]) / seconds).toFixed(2))]),
  )
  return { from, to, seconds: Number(seconds.toFixed(1)), cpus }
}

/** Sends each transfer when it is due, whether or not those before it have been answered. */
async function sendPaced(rpcs, transfers, watch) {
  const began = performance.now()
  const answers = []
  for (const [index, transfer] of transfers.entries()) {
    const early = began + (index * milliseconds) / perSecond - performance.now()
    if (early > 1) await delay(early)
    answers.push(send(rpcs[transfer.node], transfer, watch))
  }
  await delay(began + (transfers.length * milliseconds) / perSecond - performance.now())
  // Answers that are still out are waited for with the blocks.
  transfers.answered = Promise.all(answers)
}

async function send(rpc, transfer, watch) {
  transfer.sentAt = performance.now()
  transfer.headWhenSent = watch.head
  try {
    transfer.hash = await rpc.call('eth_sendRawTransaction', transfer.raw)
  } catch (error) {
    transfer.refusal = error.message
  }
  transfer.answeredAt = performance.now()
}

/** Waits until each taken transfer is final, or patience ends, and says what became of it. */
async function fatesOf(transfers, watch) {
  await transfers.answered
  const gaveUp = performance.now() + patienceSeconds * milliseconds
  const places = () => {
    const filled = watch.blocks.filter(({ receipts, finalAt }) => receipts !== undefined && finalAt !== undefined)
    const rows = filled.flatMap((block) => block.receipts.map((receipt) => [receipt.transactionHash, block, receipt]))
    return new Map(rows.map(([hash, block, { status }]) => [hash, { block, succeeded: status === '0x1' }]))
  }
  let found = places()
  const isOut = ({ hash }) => hash !== undefined && !found.has(hash)
  while (transfers.some(isOut) && performance.now() < gaveUp && watch.failure === undefined) {
    await delay(200)
    found = places()
  }
  return transfers.map((transfer) => ({ ...transfer, ...found.get(transfer.hash) }))
}

async function agree(rpcs, number) {
  const hashes = []
  for (const rpc of rpcs) {
    let block = null
    for (let tries = 0; block === null && tries < 100; tries += 1) {
      block = await rpc.call('eth_getBlockByNumber', `0x${number.toString(16)}`, false)
      if (block === null) await delay(100)
    }
    hashes.push(block?.hash)
  }
  return hashes[0] !== undefined && new Set(hashes).size === 1
}

function summary({ seconds, idle, loaded, fates, calls, lagMax, sameBlock }) {
  const mined = fates.filter(({ block, succeeded }) => block !== undefined && succeeded)
  const inSeconds = (of) => spread(mined.map((fate) => of(fate) / milliseconds))
  const transfers = {
    sent: fates.length,
    refused: fates.filter(({ refusal }) => refusal !== undefined).length,
    refusals: [...new Set(fates.flatMap(({ refusal }) => refusal ?? []))].slice(0, 5),
    mined: mined.length,
    minedShare: Number((mined.length / fates.length).toFixed(5)),
    answerSeconds: inSeconds(({ answeredAt, sentAt }) => answeredAt - sentAt),
    minedSeconds: inSeconds(({ block, sentAt }) => block.at - sentAt),
    finalSeconds: inSeconds(({ block, sentAt }) => block.finalAt - sentAt),
    minedBlocks: spread(mined.map(({ block, headWhenSent }) => block.number - headWhenSent)),
    finalBlocks: spread(mined.map(({ block, headWhenSent }) => block.headWhenFinal - headWhenSent)),
    finalBehindOwnBlock: spread(mined.map(({ block }) => block.headWhenFinal - block.number)),
  }
  const { mean, p95 } = loaded.wallSeconds
  // A chain that stands still has no intervals, which must not pass for short ones.
  const comes = loaded.blocks >= loaded.seconds / meanSecondsMax - 1
  const isShort = mean <= meanSecondsMax && loaded.headerSeconds.mean <= meanSecondsMax && p95 <= p95SecondsMax
  const holds = comes && isShort
  console.log(JSON.stringify({ idle, loaded, transfers, calls, finalityLagBlocksMax: lagMax }, null, 2))
  return {
    validators,
    perSecond,
    seconds,
    senders,
    limits: { meanSecondsMax, p95SecondsMax },
    idle,
    loaded,
    transfers,
    calls,
    finalityLagBlocksMax: lagMax,
    promises: {
      [`blocks of 1 s hold under ${perSecond} transfers a second: mean at most ${meanSecondsMax} s, 95 % within ${p95SecondsMax} s`]:
        holds,
      'finality in one block: what is final is never more than one block behind the head':
        mined.length > 0 && lagMax <= 1,
      'every transfer that was sent is mined': mined.length === fates.length,
      'under contract calls every block is decided in the first round of consensus, and every call is mined':
        calls.mined === calls.sent && calls.laterRounds === 0,
      'all validators have the same final block': sameBlock,
    },
  }
}

/**
 * What a validator that is killed needs until it is one again, on the chain of all this. To answer is our part, and each time
 * counts; before it dials another, CometBFT waits up to three seconds, drawn at random.
 */
function withRestarts({ promises, ...figures }, { rounds, ...size }) {
  const answerSecondsMax = Math.max(...rounds.map((round) => round.answerSeconds))
  const followSecondsMedian = median(rounds.map((round) => round.followSeconds))
  const restart = { ...size, answerSecondsMax, followSecondsMedian, rounds }
  console.log(JSON.stringify({ restart }, null, 2))
  return {
    ...figures,
    restart,
    promises: {
      ...promises,
      [`a validator that was killed answers within ${restartSecondsMax} s of its start, each time`]:
        answerSecondsMax <= restartSecondsMax,
      [`it has the head of the others within ${restartSecondsMax} s, at the median`]:
        followSecondsMedian <= restartSecondsMax,
      'it then signs blocks again, and has the same ones': rounds.every(({ isSame, signs }) => isSame && signs),
    },
  }
}
