// What a hostile message takes of a seller's loop over a real socket: frames read, message judged, answer written. Each goes
// alone with one that is always answered, and what the seller's main thread ran until then is told by the kernel.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { accountBytes, keySigner, ledgerId, roleOf, voucherMessage } from '../packages/voucher/dist/index.js'
import {
  bttSpeedTypes,
  decodeBttSpeed,
  decodeExtendedHandshake,
  encodeBttSpeed,
  encodeExtended,
  encodeExtendedHandshake,
  encodeHandshake,
  FrameReader,
  HandshakeReader,
  ownExtensionIds,
  rejectCodes,
} from '../packages/wire/dist/index.js'
import { onChain, startChain, startSeeder } from './payment-overhead.js'
import { bytesPerMiB, finish, jsonObject, makePayload, startMillrace, stop } from './support.js'

/** The 17th bad message closes a connection. */
const roundsPerConnection = 15
const warmUpConnections = 40
/** What opening a connection takes of the loop afterwards is not the message's. */
const settleMilliseconds = 100

/** @returns milliseconds of the seller's main thread for each; undefined where the kernel does not tell */
export async function hostileSocketFigures(bench) {
  const payload = await makePayload(bench, bytesPerMiB, 65_536)
  const chain = await startChain(bench)
  const seller = await startSeeder(bench, payload, 'seller', ['--ask', '1', ...onChain(chain, 1)])
  try {
    if (!existsSync(schedstatOf(seller.running.child.pid))) return undefined
    const inspected = await finish(startMillrace(bench, 'inspect', ['inspect', payload.torrent, '--json']))
    const world = {
      ...seller,
      infoHash: jsonObject(inspected).torrents['payload.torrent'].infoHashV1,
      domain: await domainOf(chain),
    }
    const times = []
    const connections = bench.quick ? 2 : 200
    for (let i = -warmUpConnections; i < connections; i += 1) {
      const own = await roundsOf(world, i)
      if (i >= 0) times.push(...own)
    }
    times.sort((a, b) => a - b)
    const at = (part) => Number(times[Math.min(times.length - 1, Math.floor(times.length * part))].toFixed(3))
    const mean = Number((times.reduce((sum, time) => sum + time, 0) / times.length).toFixed(3))
    return { messages: times.length, meanMs: mean, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }
  } finally {
    await stop(seller.running, 'SIGINT')
    await stop(chain.running, 'SIGTERM')
  }
}

async function roundsOf(world, connection) {
  const peer = await openPeer(world)
  const other = keySigner(randomBytes(32))
  const voucher = { payer: peer.key.account, payee: peer.payee, cumulative: 10n ** 18n, totalIssued: 10n ** 18n }
  const signed = await peer.key.signVoucher(world.domain, { ...voucher, seq: 1n })
  // Of another payer: refused whenever it comes, and not counted as bad.
  const probe = encodeBttSpeed(voucherMessage({ ...voucher, payer: other.account, seq: 1n, signature: signed }))
  const payloads = [
    // The signature of another seq: needs the curve.
    (round) => encodeBttSpeed(voucherMessage({ ...voucher, seq: BigInt(round + 2), signature: signed })),
    () => encodeBttSpeed({ t: 'bid', number: 1, spendRatePerSecond: 2n ** 200n, priceMaxPerMiB: 2n ** 200n }),
    () => new Uint8Array(1_000).fill(0x6c),
    () => encodeBttSpeed({ t: 'hello', account: accountBytes(other.account), signature: new Uint8Array(65).fill(27) }),
    () => probe,
  ]
  const { pid } = world.running.child
  const times = []
  if (connection >= 0) await delay(settleMilliseconds)
  let before = loopMilliseconds(pid)
  for (let round = 0; round < roundsPerConnection; round += 1) {
    const hostile = payloads[(connection + warmUpConnections + round) % payloads.length](round)
    await peer.ask(hostile, probe)
    // What it runs after its answer is told with the next one.
    const after = loopMilliseconds(pid)
    times.push(after - before)
    before = after
  }
  peer.socket.destroy()
  return times
}

/** A connection that proved an account, and was quoted. */
async function openPeer({ port, infoHash, domain }) {
  const key = keySigner(randomBytes(32))
  const nonce = randomBytes(16)
  const hash = Buffer.from(infoHash, 'hex')
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  const peer = { key, socket, payee: undefined, speedId: 0, ...listening(socket) }
  const flags = { fast: false, extended: true, dht: false }
  socket.write(encodeHandshake({ infoHash: hash, peerId: randomBytes(20), ...flags }))
  const bttSpeed = { v: 1, nonce, sells: false, ledgers: [ledgerId(domain)] }
  socket.write(encodeExtended(0, encodeExtendedHandshake({ m: ownExtensionIds, bttSpeed })))
  const greeting = await peer.until((it) => it.greeting?.bttSpeed && it.greeting)
  const session = {
    ledger: ledgerId(domain),
    account: key.account,
    ownNonce: nonce,
    otherNonce: greeting.bttSpeed.nonce,
    infoHash: hash,
    role: roleOf(false, true),
  }
  const speedId = greeting.m.btt_speed
  const send = (...payloads) => socket.write(Buffer.concat(payloads.map((it) => encodeExtended(speedId, it))))
  send(
    encodeBttSpeed({
      t: 'hello',
      account: accountBytes(key.account),
      signature: await key.signSession(domain, session),
    }),
  )
  const hello = await peer.until((it) => it.speed.find(({ t }) => t === 'hello'))
  await peer.until((it) => it.speed.find(({ t }) => t === 'quote'))
  peer.payee = `0x${Buffer.from(hello.account).toString('hex')}`
  /** Sends both and resolves when the second is refused: answers come in order. */
  peer.ask = (hostile, probe) => {
    const count = (it) => it.speed.filter((message) => isAnswerToProbe(message)).length
    const wanted = count(peer.heard) + (hostile === probe ? 2 : 1)
    send(hostile, probe)
    return peer.until((it) => count(it) >= wanted)
  }
  return peer
}

function isAnswerToProbe({ t, refused, code }) {
  return t === 'reject' && refused === bttSpeedTypes.voucher && code === rejectCodes.identity
}

/** What came, and how to wait for it. */
function listening(socket) {
  const heard = { greeting: undefined, speed: [] }
  const waiting = new Set()
  const onMessage = (message) => {
    if (message.type !== 'extended') return
    if (message.id === 0) heard.greeting = decodeExtendedHandshake(message.payload).value
    else if (message.id === ownExtensionIds.btt_speed) heard.speed.push(decodeBttSpeed(message.payload).value)
  }
  const none = () => {}
  const others = { onHave: none, onRequest: none, onCancel: none, onReject: none }
  const blocks = { onPieceStart: none, onPieceData: none, onPieceEnd: none }
  const frames = new FrameReader({ onMessage, ...others, ...blocks }, {})
  const handshake = new HandshakeReader()
  let isGreeted = false
  socket.on('data', (chunk) => {
    let rest = chunk
    if (!isGreeted) {
      const progress = handshake.push(chunk, chunk.length)
      if (progress.state !== 'done') return
      isGreeted = true
      rest = chunk.subarray(progress.consumed)
    }
    frames.push(rest, rest.length)
    for (const look of waiting) look()
  })
  socket.on('error', none)
  const until = (ask) =>
    new Promise((resolve, reject) => {
      const ended = () => reject(new Error('the seller closed a connection before it answered'))
      const look = () => {
        const answer = ask(heard)
        if (!answer) return
        waiting.delete(look)
        socket.off('close', ended)
        resolve(answer)
      }
      waiting.add(look)
      socket.once('close', ended)
      look()
    })
  return { heard, until }
}

async function domainOf({ rpc, vault }) {
  const ask = async (method, params) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const reply = await fetch(rpc, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    return (await reply.json()).result
  }
  const { hash } = await ask('eth_getBlockByNumber', ['0x0', false])
  const chainId = BigInt(await ask('eth_chainId', []))
  return { chainId, verifyingContract: vault, genesisHash: new Uint8Array(Buffer.from(hash.slice(2), 'hex')) }
}

/** CPU time of a process's main thread so far, in which its event loop runs; the kernel counts nanoseconds. */
function loopMilliseconds(pid) {
  return Number(readFileSync(schedstatOf(pid), 'utf8').split(' ')[0]) / 1e6
}

function schedstatOf(pid) {
  return `/proc/${pid}/task/${pid}/schedstat`
}
