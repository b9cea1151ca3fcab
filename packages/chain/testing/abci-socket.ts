/** CometBFT's side of one connection to the ABCI server: each call's answer comes in the order of the calls. */

import { once } from 'node:events'
import { createConnection } from 'node:net'
import { createFrameDecoder, encodeFrame } from '../src/consensus/cometbft/frames.ts'
import { type AbciCaller, decodeAnswer, encodeCall } from './abci-node.ts'

export interface AbciConnection extends AbciCaller {
  close(): void
}

interface Waiting {
  readonly resolve: (answer: Uint8Array) => void
  readonly reject: (fault: Error) => void
}

export async function connectAbci(path: string): Promise<AbciConnection> {
  const socket = createConnection(path)
  await once(socket, 'connect')
  const decoder = createFrameDecoder()
  const waiting: Waiting[] = []
  socket.on('data', (chunk) => {
    const frames = decoder.push(chunk)
    if (!frames.ok) return socket.destroy(new Error(frames.error))
    for (const frame of frames.value) waiting.shift()?.resolve(frame)
    return undefined
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    for (const { reject } of waiting) reject(new Error('the server has closed the connection'))
  })
  return {
    async call(name, value) {
      const answer = new Promise<Uint8Array>((resolve, reject) => waiting.push({ resolve, reject }))
      socket.write(encodeFrame(encodeCall(name, value)))
      return decodeAnswer(name, await answer)
    },
    close: () => socket.destroy(),
  }
}
