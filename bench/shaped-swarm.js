// One run of a shape by real processes: seeds and leechers on shaped lines. Each leecher runs and waits at a tracker that lets it
// into the swarm at its time (`gate-tracker.js`), and is timed until it is done.

import { spawnSync } from 'node:child_process'
import { closeSync, constants, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { hubAddress, inside, openShapedNet } from './shaped-net.js'
import { finish, jsonLines, start, stop } from './support.js'

const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url))
const peerPort = 6881
const chainPort = 8545
const trackerPort = 6969
const trackerScript = fileURLToPath(new URL('gate-tracker.js', import.meta.url))
/** Announced by the payload's torrent. */
export const trackerUrl = `http://${hubAddress}:${trackerPort}/announce`
/** What a process gets to open its money and its files before it is let in; a tracker is waited for so long and longer. */
const leadMilliseconds = 4_000
/** Part of the line that the client may use for blocks, as a careful user sets it. */
const limitOfLine = 0.95
const readyMillisecondsMax = 30_000
const runMillisecondsMax = 300_000
const pollMilliseconds = 10
const watchMilliseconds = 50
/** As the lab has it: more than anybody spends, and a price that no bid reaches. */
const money = { ask: '1', budget: '10000', maxPrice: '1000' }

/**
 * @param payload what `makePayload` made, of the shape's size
 * @returns for each leecher, in order: seconds to its last piece, from its first payload byte and from when it was let in; and by
 *   how much that, and a timer of ours meanwhile, was late
 */
export async function runShape(bench, shape, payload, name) {
  const watch = watchMachine()
  const folder = path.join(bench.folder, name)
  mkdirSync(folder, { recursive: true })
  const net = openShapedNet(
    shape.peers.map((peer) => ({
      name: peer.name,
      upBytesPerSecond: peer.uploadBytesPerSecond / limitOfLine,
      downBytesPerSecond: peer.downloadBytesPerSecond,
    })),
  )
  const swarm = { bench, shape, payload, folder, net, chain: undefined, running: [] }
  try {
    if (shape.hasMarket) await openMarket(swarm)
    const leechers = await loadLeechers(swarm)
    await startSeeds(swarm)
    watch.begin()
    const leecherTimes = await letLeechersRun(swarm, leechers)
    return {
      leechers: leecherTimes,
      stoodStillMs: Math.max(watch.lateMsMax(), ...leecherTimes.map(({ lateMs }) => lateMs)),
    }
  } finally {
    watch.end()
    await Promise.all(swarm.running.map((it) => stop(it, 'SIGKILL')))
    net.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Each has loaded its program and waits for its torrent file, which is a named pipe: then it opens its money and its files. */
async function loadLeechers(swarm) {
  const { shape, folder } = swarm
  const leechers = []
  for (const peer of shape.peers.filter(({ has }) => has === 'nothing')) {
    const fifo = path.join(folder, `${leechers.length}.torrent`)
    const made = spawnSync('mkfifo', [fifo])
    if (made.status !== 0) throw new Error(`mkfifo ${fifo}: ${made.stderr}`)
    const stays = shape.leavesWhenDone ? [] : ['--stay']
    const args = ['get', fifo, '--out', path.join(folder, 'out', peer.name), ...stays, ...bidsOf(peer)]
    leechers.push({ peer, fifo, it: startPeer(swarm, peer, args) })
  }
  for (const leecher of leechers) leecher.gate = await gateOf(leecher.it, leecher.fifo)
  return leechers
}

function bidsOf({ bid }) {
  if (bid === 0) return []
  return ['--bid', String(bid), '--budget', money.budget, '--max-price', money.maxPrice, '--measure', '0', '--yes']
}

/** A pipe opens for writing when somebody waits to read it. */
async function gateOf(it, fifo) {
  const deadline = performance.now() + readyMillisecondsMax
  for (;;) {
    try {
      return openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK)
    } catch (error) {
      if (error.code !== 'ENXIO') throw error
    }
    failIfOver(it, deadline)
    await sleep(pollMilliseconds)
  }
}

async function startSeeds(swarm) {
  const { shape, payload } = swarm
  const seeds = shape.peers.filter(({ has }) => has === 'all')
  for (const peer of seeds) {
    const it = startPeer(swarm, peer, ['seed', payload.content, '--torrent', payload.torrent])
    await until(it, () => it.listeningAt !== undefined)
  }
}

async function letLeechersRun(swarm, leechers) {
  const { payload, net } = swarm
  const zero = Date.now() + leadMilliseconds
  const timeOf = ({ peer }) => zero + peer.arriveSecond * 1000
  const inOrder = [...leechers].sort((a, b) => timeOf(a) - timeOf(b))
  const tracker = await startTracker(
    swarm,
    inOrder.map(({ peer }) => peer),
    zero,
  )
  const torrent = readFileSync(payload.torrent)
  for (const leecher of inOrder) {
    await sleep(Math.max(0, timeOf(leecher) - leadMilliseconds - Date.now()))
    writeSync(leecher.gate, torrent)
    closeSync(leecher.gate)
  }
  return Promise.all(
    leechers.map(async (leecher) => {
      const { it, peer } = leecher
      await until(it, () => it.doneAt !== undefined, runMillisecondsMax)
      const last = jsonLines(it).findLast((line) => line.event === 'progress' || line.event === 'result')
      const { at } = jsonLines(tracker).find(({ address }) => address === net.of(peer.name).address)
      return {
        download: last.seconds,
        sinceStart: (it.doneAt - at) / 1000,
        lateMs: at - timeOf(leecher),
        wastedBytes: last.wastedBytes,
        cpuSeconds: last.cpuSeconds,
        ...(last.billed === undefined ? {} : { billed: last.billed, paidBytes: last.paidBytes }),
      }
    }),
  )
}

/** Who comes later is told of all that came before. */
async function startTracker(swarm, inOrder, zero) {
  const { shape, net, folder, bench, running } = swarm
  const placeOf = ({ name }) => ({ address: net.of(name).address, port: peerPort })
  const seeds = shape.peers.filter(({ has }) => has === 'all')
  const plan = inOrder.map((peer, i) => [
    placeOf(peer).address,
    { at: zero + peer.arriveSecond * 1000, peers: [...seeds, ...inOrder.slice(0, i)].map(placeOf) },
  ])
  const args = [trackerScript, net.hubAddress, String(trackerPort), JSON.stringify(Object.fromEntries(plan))]
  const it = start(bench, ...inside(net.hub, process.execPath, args), path.join(folder, 'homes', 'tracker'))
  running.push(it)
  await until(it, () => jsonLines(it).length > 0)
  return it
}

function startPeer(swarm, peer, args) {
  const { bench, shape, net, running } = swarm
  const { namespace } = net.of(peer.name)
  const lines = ['--port', String(peerPort), '--upload-limit', String(peer.uploadBytesPerSecond)]
  const slots = ['--slots', String(shape.unchokeSlots)]
  const ledger = peer.sells || peer.bid > 0 ? ledgerOf(swarm, peer) : []
  const ask = peer.sells ? ['--ask', money.ask] : []
  const all = [bin, ...args, ...lines, ...slots, ...ledger, ...ask, '--jsonl']
  const it = start(bench, ...inside(namespace, process.execPath, all), homeOf(swarm, peer))
  stamp(it)
  running.push(it)
  return it
}

function ledgerOf({ chain, shape }, peer) {
  return ['--rpc', chain.rpc, '--vault', chain.vault, '--dev-account', String(shape.peers.indexOf(peer))]
}

function homeOf({ folder }, peer) {
  return path.join(folder, 'homes', peer.name)
}

/** Notes when it said that it listens, and when it first reported (each 250 ms, and at its end) that nothing is missing. */
function stamp(it) {
  it.child.stdout.on('data', () => {
    const now = Date.now()
    if (it.listeningAt === undefined && it.out.includes('"listening"')) it.listeningAt = now
    if (it.doneAt === undefined && it.out.includes('"leftBytes":0,')) it.doneAt = now
  })
}

/** A chain of its own, and every payer's budget in the vault before the clock runs. */
async function openMarket(swarm) {
  swarm.chain = await startChain(swarm)
  const payers = swarm.shape.peers.filter(({ bid }) => bid > 0)
  await Promise.all(
    payers.map((peer) => {
      const args = [bin, 'wallet', 'deposit', money.budget, ...ledgerOf(swarm, peer), '--yes']
      const { namespace } = swarm.net.of(peer.name)
      return finish(start(swarm.bench, ...inside(namespace, process.execPath, args), homeOf(swarm, peer)))
    }),
  )
}

async function startChain(swarm) {
  const { bench, folder, net, running } = swarm
  const args = [bin, 'chain', '--host', net.hubAddress, '--port', String(chainPort), '--jsonl']
  const it = start(bench, ...inside(net.hub, process.execPath, args), path.join(folder, 'homes', 'chain'))
  running.push(it)
  await until(it, () => jsonLines(it).length > 0)
  const [ready] = jsonLines(it)
  return { rpc: ready.rpc, vault: ready.vault }
}

/** How late a timer of ours was at most: what the machine did otherwise while the swarm needed it. */
function watchMachine() {
  let before = performance.now()
  let lateMs = 0
  const timer = setInterval(() => {
    const now = performance.now()
    lateMs = Math.max(lateMs, now - before - watchMilliseconds)
    before = now
  }, watchMilliseconds)
  const begin = () => {
    before = performance.now()
    lateMs = 0
  }
  return { begin, lateMsMax: () => Math.round(lateMs), end: () => clearInterval(timer) }
}

async function until(it, isSo, millisecondsMax = readyMillisecondsMax) {
  const deadline = performance.now() + millisecondsMax
  while (!isSo()) {
    failIfOver(it, deadline)
    await sleep(pollMilliseconds)
  }
}

function failIfOver(it, deadline) {
  if (it.child.exitCode !== null) throw new Error(`ended early: ${it.command}\n${it.out.slice(-2000)}\n${it.err}`)
  if (performance.now() > deadline) throw new Error(`not in time: ${it.command}\n${it.out.slice(-2000)}\n${it.err}`)
}
