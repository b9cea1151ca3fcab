// How soon a node that joins a chain of validators has its head: by the newest snapshot, and by replaying every block. One
// validator makes the chain under transfers to accounts that were not there; then nodes join it in turns, each with a new folder,
// from the start of the process to a head that is the validator's. What is replayed grows with the chain, a snapshot with the state.

import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect, sign } from './chain-speed/client.js'
import { lackOfCometBft, portsInRow, startNetwork, startNode, stopNetwork } from './cluster/network.js'
import { fundedSenders } from './cluster/senders.js'
import { diskFolder, finish, jsonObject, median, startMillrace } from './support.js'

const perSecond = 200
const senders = 100
const milliseconds = 1000
const snapshotEveryBlocks = 50
/** CometBFT looks for snapshots so long before it takes one. */
const discoverySeconds = 5
const pollMilliseconds = 50

export async function chainJoin(bench) {
  const lack = lackOfCometBft()
  if (lack !== undefined) return void console.log(`  skipped: ${lack}`)
  const seconds = bench.quick ? 70 : 300
  const folder = diskFolder()
  // The first of the two is what the network takes for itself.
  const server = `127.0.0.1:${(await portsInRow(2)) + 1}`
  const flags = ['--snapshot-every', String(snapshotEveryBlocks), '--consensus-rpc', server]
  const [validator] = await startNetwork(bench, folder, 1, () => flags)
  const rpc = connect(validator.url)
  try {
    const transfers = await grow(rpc, validator.chainId, seconds)
    const blockSecondsMax = await longestBlock(rpc)
    const place = { bench, folder, validator, rpc, server }
    const rounds = []
    for (let round = 0; round < (bench.quick ? 1 : bench.rounds); round += 1) {
      rounds.push({
        replay: await join(place, `replay-${round}`, false),
        snapshot: await join(place, `snapshot-${round}`, true),
      })
    }
    return summary({ transfers, blockSecondsMax }, rounds)
  } finally {
    rpc.close()
    await stopNetwork([validator])
  }
}

/** Transfers for so many seconds, each to a new account. @returns how many */
async function grow(rpc, chainId, seconds) {
  const accounts = await fundedSenders([rpc], chainId, senders)
  const began = performance.now()
  const answers = []
  for (let at = 0; at < seconds * perSecond; at += 1) {
    const early = began + (at * milliseconds) / perSecond - performance.now()
    if (early > 1) await delay(early)
    const to = `0x${(0xbeef_0000_0000n + BigInt(at)).toString(16).padStart(40, '0')}`
    const raw = sign(accounts[at % senders], chainId, { nonce: Math.floor(at / senders), to, value: 1n, gas: 21_000n })
    answers.push(rpc.call('eth_sendRawTransaction', raw))
  }
  await Promise.all(answers)
  while ((await rpc.call('millrace_consensus')).waiting > 0) await delay(pollMilliseconds)
  return answers.length
}

/** The most seconds between two blocks so far, by their headers: each 50th was taken a snapshot of meanwhile. */
async function longestBlock(rpc) {
  const head = Number(await rpc.call('eth_blockNumber'))
  const times = []
  for (let number = 1; number <= head; number += 1) {
    const { timestamp } = await rpc.call('eth_getBlockByNumber', `0x${number.toString(16)}`, false)
    times.push(Number(timestamp))
  }
  return Math.max(...times.slice(1).map((time, index) => time - times[index]))
}

/** From the start of a node with an empty folder to the head that the validator has then. */
async function join({ bench, folder, validator, rpc, server }, name, isSnapshot) {
  const data = path.join(folder, name)
  const place = ['--data', data, '--genesis', path.join(validator.folder, 'genesis.json'), '--peer', validator.peer]
  const trust = isSnapshot ? await trustOf(bench, name, server) : []
  const made = ['chain', 'join', ...place, '--peer-port', String(await portsInRow(1)), ...trust]
  await finish(startMillrace(bench, name, made))
  const began = performance.now()
  const node = await startNode(bench, name, data)
  const mine = connect(node.url)
  try {
    for (;;) {
      const head = Number(await rpc.call('eth_blockNumber'))
      if (Number(await mine.call('eth_blockNumber')) >= head) break
      await delay(pollMilliseconds)
    }
    const took = Number(((performance.now() - began) / milliseconds).toFixed(2))
    const head = await mine.call('eth_getBlockByNumber', 'latest', false)
    const same = await rpc.call('eth_getBlockByNumber', head.number, false)
    const { blocks } = await mine.call('eth_capabilities')
    const first = Number(blocks.oldestBlock)
    return { seconds: took, head: Number(head.number), first, bytes: bytesOf(data), isSame: same?.hash === head.hash }
  } finally {
    mine.close()
    await stopNetwork([node])
  }
}

/** One server twice: this chain has one validator, whom there is nobody to watch over. */
async function trustOf(bench, name, server) {
  const told = await finish(startMillrace(bench, name, ['chain', 'trusted', server, '--json']))
  const { height, hash } = jsonObject(told)
  const trusted = ['--trust-height', String(height), '--trust-hash', hash]
  return ['--snapshot-rpc', server, '--snapshot-rpc', server, ...trusted]
}

function bytesOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0)
}

function summary(grown, rounds) {
  const secondsOf = (kind) => median(rounds.map((round) => round[kind].seconds))
  const joins = rounds.flatMap(({ replay, snapshot }) => [replay, snapshot])
  const figures = {
    ...grown,
    snapshotEveryBlocks,
    discoverySeconds,
    replaySeconds: secondsOf('replay'),
    snapshotSeconds: secondsOf('snapshot'),
    rounds,
  }
  console.log(JSON.stringify(figures, null, 2))
  return {
    ...figures,
    promises: {
      'a node that joins by a snapshot has the head sooner than one that replays':
        figures.snapshotSeconds < figures.replaySeconds,
      'it has no block of before the snapshot': rounds.every(({ snapshot }) => snapshot.first >= snapshotEveryBlocks),
      'both have the head of the validator': joins.every(({ isSame }) => isSame),
    },
  }
}
