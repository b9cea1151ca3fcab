// The benches' side of a node: JSON-RPC over kept connections, transactions signed beforehand, blocks counted as they come.

import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { signRecoverable } from 'tiny-secp256k1'
import { hexToBytes, keccak256, serializeTransaction, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

/** One for each lane and one for the watcher. */
const connections = 5
const pollMilliseconds = 20
/** For what was sent and is in no block yet when the time is over. */
const patienceMilliseconds = 30_000
const gasPrice = { maxFeePerGas: 10n ** 15n, maxPriorityFeePerGas: 10n ** 12n }

/** A key of its own for each index; nobody else uses them. */
export function account(index) {
  const key = keccak256(toHex(`millrace bench ${index}`))
  return { key: hexToBytes(key), address: privateKeyToAccount(key).address }
}

/** Signs by WebAssembly: viem's own would take longer than the race. */
export function sign({ key }, chainId, fields) {
  const tx = { type: 'eip1559', chainId, ...gasPrice, value: 0n, ...fields }
  const { signature, recoveryId } = signRecoverable(keccak256(serializeTransaction(tx), 'bytes'), key)
  const r = toHex(signature.subarray(0, 32))
  const s = toHex(signature.subarray(32))
  return serializeTransaction(tx, { r, s, yParity: recoveryId })
}

/** @returns `call` for one request and `batch` for many in one; both throw on an error of the node. */
export function connect(url) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const post = (body) =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      const sent = request(url, { method: 'POST', agent, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part) => {
          text += part
        })
        response.on('end', () => resolve(JSON.parse(text)))
        response.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(body)
    })
  const value = ({ result, error }) => {
    if (error !== undefined) throw new Error(`the node refused: ${JSON.stringify(error)}`)
    return result
  }
  const item = (method, params, id) => ({ jsonrpc: '2.0', id, method, params })
  return {
    call: async (method, ...params) => value(await post(JSON.stringify(item(method, params, 1)))),
    async batch(method, list) {
      const answers = await post(JSON.stringify(list.map((params, id) => item(method, params, id))))
      return answers.map(value)
    },
    close: () => agent.destroy(),
  }
}

/** Sends `raws` in order and waits until each has its receipt; throws when one failed. */
export async function sendAll(rpc, raws) {
  const hashes = []
  for (const raw of raws) hashes.push(await rpc.call('eth_sendRawTransaction', raw))
  const receipts = []
  for (const hash of hashes) {
    let receipt = null
    while (receipt === null) {
      await delay(pollMilliseconds)
      receipt = await rpc.call('eth_getTransactionReceipt', hash)
    }
    if (receipt.status !== '0x1') throw new Error(`a transaction of the set-up failed: ${hash}`)
    receipts.push(receipt)
  }
  return receipts
}

/**
 * Sends each lane's transactions in their order and the lanes side by side, at most `outstandingMax` of all without a receipt,
 * each lane its part of that, for so many seconds, `batchSize` in a request. A rate counts from the first block that was seen after the start to the last,
 * so that no part of a block's wait is in it.
 *
 * @returns transactions a second, how many blocks it was taken over, how many of each lane were sent, and the CPUs that this took
 *   on our side: near 1 it is we who could not go faster
 */
export async function race(rpc, lanes, { seconds, batchSize, outstandingMax, laneOf }) {
  let number = Number(await rpc.call('eth_blockNumber'))
  const seen = lanes.map(() => 0)
  const seenAll = () => seen.reduce((sum, count) => sum + count, 0)
  const sent = lanes.map(() => 0)
  const sentAll = () => sent.reduce((sum, count) => sum + count, 0)
  const ends = performance.now() + seconds * 1000
  const isOver = () => performance.now() > ends
  const givesUp = () => performance.now() > ends + patienceMilliseconds
  const send = async (raws, lane) => {
    while (!isOver() && sent[lane] < raws.length) {
      if (sent[lane] - seen[lane] > outstandingMax / lanes.length - batchSize) {
        await delay(2)
        continue
      }
      const part = raws.slice(sent[lane], sent[lane] + batchSize)
      sent[lane] += part.length
      if (batchSize === 1) await rpc.call('eth_sendRawTransaction', part[0])
      else
        await rpc.batch(
          'eth_sendRawTransaction',
          part.map((raw) => [raw]),
        )
    }
  }
  const blocks = []
  const usedBefore = process.cpuUsage()
  const began = performance.now()
  const watch = async () => {
    while (!isOver() || seenAll() < sentAll()) {
      if (givesUp()) throw new Error(`${sentAll() - seenAll()} of ${sentAll()} transactions never came into a block`)
      const head = Number(await rpc.call('eth_blockNumber'))
      for (; number < head; number++) {
        const receipts = await rpc.call('eth_getBlockReceipts', toHex(number + 1))
        if (receipts.some(({ status }) => status !== '0x1')) throw new Error('a transfer failed')
        for (const { from } of receipts) seen[laneOf(from)] += 1
        blocks.push({ at: performance.now(), count: receipts.length })
      }
      await delay(pollMilliseconds)
    }
  }
  await Promise.all([...lanes.map(send), watch()])
  const { user, system } = process.cpuUsage(usedBefore)
  const clientCpu = Number(((user + system) / 1000 / (performance.now() - began)).toFixed(2))
  return { sent, clientCpu, ...rateOf(blocks) }
}

function rateOf(blocks) {
  // An empty block is time that passed, no more: between two full ones it counts by that.
  const busy = blocks.filter(({ count }) => count > 0)
  // The last one carries what was left over.
  const whole = busy.length > 3 ? busy.slice(0, -1) : busy
  const [first] = whole
  const last = whole.at(-1)
  if (first === undefined || last === undefined || first === last) throw new Error('too few blocks for a rate')
  const count = whole.slice(1).reduce((sum, block) => sum + block.count, 0)
  return { perSecond: Math.round((count * 1000) / (last.at - first.at)), blocks: whole.length - 1, transactions: count }
}
