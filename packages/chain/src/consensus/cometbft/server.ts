/** The ABCI server: CometBFT's four connections over one Unix socket, each answered strictly in order. */

import { once } from 'node:events'
import { chmodSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { type Logger, messageOf, ok, type Result, refuse } from '@millrace/base'
import { ChainError } from '../../errors.ts'
import { answer, type CallParts, callOf, stateCalls } from './calls.ts'
import { createFrameDecoder, encodeFrame } from './frames.ts'
import { request, response } from './messages.ts'
import { createMutex, type Mutex } from './mutex.ts'
import { decode, encode } from './proto.ts'

/** Consensus, mempool, query and snapshot, twice: those of a process that was just killed may still be closing. */
const connectionsMax = 8
/** sun_path on Linux holds 107 bytes and a zero. */
const pathBytesMax = 107

export interface AbciServer {
  close(): Promise<void>
}

/**
 * Listens on `path`.
 *
 * @throws ChainError listen-failed
 */
export async function startAbciServer(parts: CallParts, path: string, logger: Logger): Promise<AbciServer> {
  await freePath(path)
  const mutex = createMutex()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    serve(parts, mutex, socket, logger)
      .catch((thrown: unknown) => logger.log('error', 'an ABCI connection failed', { cause: messageOf(thrown) }))
      .finally(() => socket.destroy())
  })
  server.maxConnections = connectionsMax
  await listen(server, path)
  chmodSync(path, 0o600)
  return {
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Reads, answers and only then reads on: what a connection has in flight is bounded by its socket. */
async function serve(parts: CallParts, mutex: Mutex, socket: Socket, logger: Logger): Promise<void> {
  const decoder = createFrameDecoder()
  // A socket without an encoding gives buffers.
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    const frames = decoder.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length))
    if (!frames.ok) return fail(socket, frames.error, logger)
    for (const frame of frames.value) {
      const answered = await answerFrame(parts, mutex, frame)
      if (!answered.ok) return fail(socket, answered.error, logger)
      if (!socket.write(encodeFrame(answered.value))) await Promise.race([once(socket, 'drain'), once(socket, 'close')])
    }
  }
}

/** The answer to one message's bytes, or why CometBFT can't have one. */
export async function answerFrame(
  parts: CallParts,
  mutex: Mutex,
  frame: Uint8Array,
): Promise<Result<Uint8Array, string>> {
  const decoded = decode(request, frame)
  if (!decoded.ok) return refuse(`a malformed request: ${decoded.error}`)
  const name = callOf(decoded.value)
  if (name === undefined) return refuse('a request that names no known call, or several: expected CometBFT 0.40')
  const work = () => answer(parts, name, decoded.value)
  try {
    // Before it has the state: other calls go on meanwhile.
    if (name === 'prepareProposal') await parts.proposalDue()
    return ok(encode(response, await (stateCalls.has(name) ? mutex.run(work) : work())))
  } catch (thrown) {
    return refuse(`${name}: ${messageOf(thrown)}`)
  }
}

/** CometBFT ends when it is told of an exception. */
function fail(socket: Socket, error: string, logger: Logger): void {
  logger.log('error', 'an ABCI call can’t be answered', { cause: error })
  socket.end(encodeFrame(encode(response, { exception: { error } })))
}

/** Removes the socket of a node that died; refuses one that somebody answers at. */
async function freePath(path: string): Promise<void> {
  if (Buffer.byteLength(path) > pathBytesMax) {
    throw new ChainError(
      'listen-failed',
      `${path} is too long for a socket: expected ${pathBytesMax} bytes; choose another folder`,
    )
  }
  const probe = createConnection(path)
  const taken = await new Promise<boolean>((resolve) => {
    probe.once('connect', () => resolve(true))
    probe.once('error', () => resolve(false))
  })
  probe.destroy()
  if (taken)
    throw new ChainError('listen-failed', `${path} is served by another node: end it first, or use another folder`)
  rmSync(path, { force: true })
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new ChainError('listen-failed', `can't listen on ${path}: ${messageOf(cause)}; check the folder`, { cause }),
      )
    })
    server.listen(path, resolve)
  })
}
