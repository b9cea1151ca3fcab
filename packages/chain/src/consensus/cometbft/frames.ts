/** Frames of the ABCI socket: a message's length as an unsigned varint, then the message. */

import { concatBytes, ok, type Result, refuse } from '@millrace/base'

/** A block of at most 4 MiB with its commit and evidence fits several times; more is no call of ours. */
export const frameBytesMax = 33_554_432
/** Lengths up to 2^28 - 1, more than `frameBytesMax`. */
const lengthBytesMax = 4

export function encodeFrame(message: Uint8Array): Uint8Array {
  const length: number[] = []
  let rest = message.length
  for (; rest >= 0x80; rest >>>= 7) length.push((rest & 0x7f) | 0x80)
  return concatBytes([Uint8Array.of(...length, rest), message])
}

export interface FrameDecoder {
  /** The messages that these bytes complete; a refusal is final, the stream can't be read on. */
  push(chunk: Uint8Array): Result<readonly Uint8Array[], string>
}

export function createFrameDecoder(bytesMax = frameBytesMax): FrameDecoder {
  let chunks: Uint8Array[] = []
  let buffered = 0
  /** Bytes that the frame at the front needs before it is worth looking again. */
  let needed = 1

  return {
    push(chunk) {
      chunks.push(chunk)
      buffered += chunk.length
      if (buffered < needed) return ok([])
      const bytes = chunks.length === 1 ? chunk : concatBytes(chunks)
      const messages: Uint8Array[] = []
      let offset = 0
      for (;;) {
        const head = lengthAt(bytes, offset)
        if (head === 'malformed') return refuse(`a length of more than ${lengthBytesMax} bytes`)
        if (head !== 'short' && head.length > bytesMax) {
          return refuse(`a message of ${head.length} bytes: expected at most ${bytesMax}`)
        }
        if (head === 'short' || head.start + head.length > bytes.length) {
          chunks = [bytes.subarray(offset)]
          buffered = bytes.length - offset
          needed = head === 'short' ? buffered + 1 : head.start + head.length - offset
          return ok(messages)
        }
        offset = head.start + head.length
        messages.push(bytes.subarray(head.start, offset))
      }
    },
  }
}

function lengthAt(
  bytes: Uint8Array,
  offset: number,
): 'short' | 'malformed' | { readonly length: number; readonly start: number } {
  let length = 0
  for (let i = 0; i < lengthBytesMax; i++) {
    const byte = bytes[offset + i]
    if (byte === undefined) return 'short'
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return { length, start: offset + i + 1 }
  }
  return 'malformed'
}
