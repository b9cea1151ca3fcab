// A validator among others that is killed, its cometbft too, and started again: when it answers, when it has the head of the
// others, whether it signs again; and what its folder weighs, with CometBFT's copy of the blocks.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '../chain-speed/client.js'
import { startNode } from './network.js'

const pollMilliseconds = 20
const signsWithinMilliseconds = 60_000

/**
 * @param nodes of which the last is killed, and replaced in the list by what was started
 * @returns each restart, and of the folder how many blocks and bytes it has
 */
export async function restartsOf(bench, nodes, count) {
  const others = connect(nodes[0].url)
  try {
    const rounds = []
    for (let round = 0; round < count; round += 1) rounds.push(await restart(bench, nodes, others))
    const { folder } = nodes.at(-1)
    const blocks = Number(await others.call('eth_blockNumber'))
    const bytes = { chain: bytesOf(path.join(folder, 'chain')), cometbft: bytesOf(path.join(folder, 'cometbft')) }
    return { blocks, bytes, rounds }
  } finally {
    others.close()
  }
}

async function restart(bench, nodes, others) {
  const killed = nodes.at(-1)
  process.kill(killed.pids.cometbft, 'SIGKILL')
  killed.running.child.kill('SIGKILL')
  await killed.running.ended
  const began = performance.now()
  const node = await startNode(bench, `validator-${nodes.length - 1}`, killed.folder)
  nodes[nodes.length - 1] = node
  const rpc = connect(node.url)
  try {
    await rpc.call('eth_blockNumber')
    const answerSeconds = secondsSince(began)
    while (Number(await rpc.call('eth_blockNumber')) < Number(await others.call('eth_blockNumber'))) {
      await delay(pollMilliseconds)
    }
    const followSeconds = secondsSince(began)
    const head = await rpc.call('eth_getBlockByNumber', 'latest', false)
    const same = await others.call('eth_getBlockByNumber', head.number, false)
    const signs = await signsAgain(others, killed.folder, Number(head.number))
    return { answerSeconds, followSeconds, isSame: same?.hash === head.hash, signs }
  } finally {
    rpc.close()
  }
}

/** Whether a block after `head` soon lacks no vote of this validator. */
async function signsAgain(others, folder, head) {
  const key = JSON.parse(readFileSync(path.join(folder, 'cometbft/config/priv_validator_key.json'), 'utf8'))
  const address = `0x${key.address.toLowerCase()}`
  const deadline = performance.now() + signsWithinMilliseconds
  while (performance.now() < deadline) {
    const number = Number(await others.call('eth_blockNumber'))
    // The report of a block is about the votes for the one before.
    if (number > head + 1) {
      const { missed } = await others.call('millrace_consensusReport', `0x${number.toString(16)}`)
      if (!missed.includes(address)) return true
    }
    await delay(pollMilliseconds)
  }
  return false
}

function secondsSince(mark) {
  return Number(((performance.now() - mark) / 1000).toFixed(2))
}

/** What the files of a folder are long, holes and all. */
function bytesOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0)
}
