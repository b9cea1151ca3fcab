// What a chain of 10,000 blocks with 100,000 accounts weighs on disk, and how soon a node on it answers again. The blocks are
// made one after the other by the chain's own code, each of 10 transfers to accounts that were not there, a second apart by
// their headers and without the wait between. A validator's folder holds CometBFT's copy of the blocks too, which is not in here.

import { fork } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { toHex } from 'viem'
import { connect } from './chain-speed/client.js'
import { diskFolder, freePort, startMillrace, stop } from './support.js'

const transfersABlock = 10
const restarts = 3
const bytesMax = 2 ** 30
const secondsMax = 5
const pollMilliseconds = 10

export async function chainSize(bench) {
  const blocks = bench.quick ? 1000 : 10_000
  const folder = bench.data ?? diskFolder()
  const grown = await grow(folder, blocks)
  // An older version of the code may have made the rest, and its blocks and indexes weigh what they did then.
  const isOurs = grown.made >= blocks
  const bytes = bytesOf(folder)
  const starts = []
  for (let round = 0; round < restarts; round += 1) starts.push(await restart(bench, folder, grown))
  const restartSeconds = Math.max(...starts.map(({ seconds }) => seconds))
  const figures = {
    blocks: grown.head,
    accounts: grown.accounts,
    transfersABlock,
    growSeconds: grown.seconds,
    bytes,
    bytesAnAccount: Math.round(bytes / grown.accounts),
    restartSeconds,
    restarts: starts,
  }
  console.log(JSON.stringify(figures, null, 2))
  if (!isOurs) {
    return void console.log(
      `  not written: ${grown.made} of ${blocks} blocks were made now, the rest by an earlier run`,
    )
  }
  return {
    ...figures,
    promises: {
      [`the state after ${grown.head} blocks with ${grown.accounts} accounts takes at most 1 GiB`]: bytes <= bytesMax,
      [`a node on it answers within ${secondsMax} s of its start`]: restartSeconds <= secondsMax,
      'it answers with the head and the accounts that were made': starts.every(({ isWhole }) => isWhole),
    },
  }
}

/** In a process of its own, so that nothing of the chain is in memory when it is started again. */
async function grow(dataFolder, blocks) {
  const file = fileURLToPath(new URL('chain-size/grow.js', import.meta.url))
  const child = fork(file, [JSON.stringify({ dataFolder, blocks, transfersABlock })])
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let grown
  child.on('message', (message) => {
    grown = message
  })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  process.off('exit', kill)
  if (code !== 0 || grown === undefined) throw new Error(`the chain could not be made: ended with ${code}`)
  return grown
}

/** From the start of the process to its first answer. The disk's cache is warm. */
async function restart(bench, folder, { head, hash, lastAccount }) {
  const port = await freePort()
  const began = performance.now()
  const running = startMillrace(bench, 'chain', ['chain', '--data', folder, '--port', String(port), '--jsonl'])
  const rpc = connect(`http://127.0.0.1:${port}`)
  try {
    const answer = await firstAnswer(rpc, running)
    const seconds = Number(((performance.now() - began) / 1000).toFixed(2))
    const block = await rpc.call('eth_getBlockByNumber', toHex(head), false)
    const balance = await rpc.call('eth_getBalance', lastAccount, 'latest')
    const isWhole = Number(answer) === head && block?.hash === hash && BigInt(balance) === 1n
    return { seconds, isWhole }
  } finally {
    rpc.close()
    await stop(running, 'SIGTERM')
  }
}

async function firstAnswer(rpc, running) {
  for (;;) {
    try {
      return await rpc.call('eth_blockNumber')
    } catch (error) {
      if (error.code !== 'ECONNREFUSED' || running.child.exitCode !== null) throw error
      await delay(pollMilliseconds)
    }
  }
}

/** What the files of a folder are long, holes and all. */
function bytesOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0)
}
