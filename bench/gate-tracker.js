// A tracker that lets each peer in at its time: node gate-tracker.js HOST PORT PLAN. PLAN is JSON: for each address the time (ms since
// 1970) at which its first announce is answered, and with which peers; others are answered at once with none. It prints a
// JSON line when it listens, and one for each peer that it let in.

import { createServer } from 'node:http'
import process from 'node:process'

const [host, port, planText] = process.argv.slice(2)
const plan = new Map(Object.entries(JSON.parse(planText)))
const intervalSeconds = 1_800

const server = createServer((request, response) => {
  const address = request.socket.remoteAddress
  const entry = plan.get(address)
  plan.delete(address)
  if (entry === undefined) return response.end(replyOf([]))
  const askedAt = Date.now()
  setTimeout(
    () => {
      response.end(replyOf(entry.peers))
      console.log(JSON.stringify({ event: 'let-in', address, askedAt, at: Date.now() }))
    },
    Math.max(0, entry.at - askedAt),
  )
})
server.listen(Number(port), host, () => console.log(JSON.stringify({ event: 'listening' })))

/** BEP 23: compact, four bytes of address and two of port each. */
function replyOf(peers) {
  const compact = Buffer.alloc(peers.length * 6)
  for (const [i, peer] of peers.entries()) {
    Buffer.from(peer.address.split('.').map(Number)).copy(compact, i * 6)
    compact.writeUInt16BE(peer.port, i * 6 + 4)
  }
  return Buffer.concat([
    Buffer.from(`d8:intervali${intervalSeconds}e5:peers${compact.length}:`),
    compact,
    Buffer.from('e'),
  ])
}
