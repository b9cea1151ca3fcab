/** For this package's tests: a sink that writes down what it is told, with a block's bytes joined. */

import { toHex } from '@millrace/base'
import { type FrameLimits, FrameReader, type FrameSink } from './frame-reader.ts'

export function recorder(events: unknown[]): FrameSink {
  let block = ''
  return {
    onMessage: (message) => events.push(message),
    onHave: (piece) => events.push(`have ${piece}`),
    onRequest: (...range) => events.push(`request ${range.join(' ')}`),
    onCancel: (...range) => events.push(`cancel ${range.join(' ')}`),
    onReject: (...range) => events.push(`reject ${range.join(' ')}`),
    onPieceStart: (...range) => {
      block = ''
      events.push(`start ${range.join(' ')}`)
    },
    onPieceData: (chunk, start, end) => {
      block += toHex(chunk.subarray(start, end))
    },
    onPieceEnd: () => {
      events.push(`data ${block}`, 'end')
    },
  }
}

/** All events of a stream pushed in chunks that end at `cuts`, then the fault if there is one. */
export function eventsOf(stream: Uint8Array, limits: FrameLimits, cuts: readonly number[] = []): unknown[] {
  const events: unknown[] = []
  const reader = new FrameReader(recorder(events), limits)
  let start = 0
  for (const cut of [...cuts].sort((a, b) => a - b).concat(stream.length)) {
    const chunk = stream.slice(start, cut)
    const fault = reader.push(chunk, chunk.length)
    chunk.fill(0xee) // the caller uses its buffer again: whoever kept a view of it would be found out
    start = cut
    if (fault !== undefined) return [...events, fault]
  }
  return events
}
