// Validators on this machine as `millrace chain init` and `chain start` run them, each with its cometbft.

import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { finish, jsonLines, jsonObject, processSeconds, startMillrace, stop } from '../support.js'

const pollMilliseconds = 50

/** @returns the nodes: each its JSON-RPC, its processes' ids, and what it runs as */
export async function startNetwork(bench, folder, count) {
  const peerPort = await portsInRow(count)
  const plan = ['--data', folder, '--validators', String(count), '--peer-port', String(peerPort)]
  const made = await finish(startMillrace(bench, 'init', ['chain', 'init', ...plan, '--json']))
  const nodes = jsonObject(made).folders.map((place, index) => {
    return startMillrace(bench, `validator-${index}`, ['chain', 'start', '--data', place, '--port', '0', '--jsonl'])
  })
  return Promise.all(
    nodes.map(async (running) => {
      const { rpc, chainId, consensusPid } = await ready(running)
      return { running, url: rpc, chainId, pids: { node: running.child.pid, cometbft: consensusPid } }
    }),
  )
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
async function portsInRow(count) {
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
