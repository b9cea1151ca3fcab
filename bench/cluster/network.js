// Validators on this machine as `millrace chain init` and `chain start` run them, each with its cometbft.

import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { findCometBft } from '../../packages/chain/dist/index.js'
import { finish, jsonLines, jsonObject, processSeconds, startMillrace, stop } from '../support.js'

const pollMilliseconds = 50

/** Why no network can be started here; undefined: one can. */
export function lackOfCometBft() {
  try {
    findCometBft(undefined)
    return undefined
  } catch (error) {
    if (error.code !== 'no-cometbft') throw error
    return error.message
  }
}

/**
 * @param flags of each node's chain start, by its index
 * @returns the nodes: each its JSON-RPC, its folder and peer address, its processes' ids, and what it runs as
 */
export async function startNetwork(bench, folder, count, flags = () => []) {
  const peerPort = await portsInRow(count)
  const plan = ['--data', folder, '--validators', String(count), '--peer-port', String(peerPort)]
  const made = await finish(startMillrace(bench, 'init', ['chain', 'init', ...plan, '--json']))
  const { folders, peers } = jsonObject(made)
  return Promise.all(
    folders.map(async (place, index) => {
      return { ...(await startNode(bench, `validator-${index}`, place, flags(index))), peer: peers[index] }
    }),
  )
}

/** Starts the node of a folder and waits until its JSON-RPC answers. */
export async function startNode(bench, name, folder, flags = []) {
  const args = ['chain', 'start', '--data', folder, '--port', '0', '--jsonl', ...flags]
  const running = startMillrace(bench, name, args)
  const { rpc, chainId, consensusPid } = await ready(running)
  return { running, url: rpc, chainId, folder, pids: { node: running.child.pid, cometbft: consensusPid } }
}

export async function stopNetwork(nodes) {
  await Promise.all(nodes.map(({ running }) => stop(running, 'SIGTERM')))
}

/** @returns CPU seconds so far by what spends them: the nodes, their cometbfts, and this process, which sends */
export function cpuOf(nodes) {
  const sum = (kind) => nodes.reduce((total, { pids }) => total + processSeconds(pids[kind]), 0)
  const { user, system } = process.cpuUsage()
  return { nodes: sum('node'), cometbft: sum('cometbft'), bench: (user + system) / 1e6 }
}

async function ready(running) {
  for (;;) {
    const event = jsonLines(running).find((line) => line.event === 'ready')
    if (event !== undefined) return event
    if (running.child.exitCode !== null) throw new Error(`ended early: ${running.command}\n${running.err}`)
    await delay(pollMilliseconds)
  }
}

/** The first of `count` ports in a row that nobody listens on. */
export async function portsInRow(count) {
  for (let tries = 0; tries < 100; tries += 1) {
    // Below the range from which the kernel gives ports to those who connect.
    const first = 15_000 + 16 * ((process.pid + 37 * tries) % 1000)
    const taken = await Promise.all(Array.from({ length: count }, (_item, index) => isTaken(first + index)))
    if (!taken.includes(true)) return first
  }
  throw new Error(`no ${count} free ports in a row`)
}

function isTaken(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(true))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)))
  })
}
