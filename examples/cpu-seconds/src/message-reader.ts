/** Messages out of a stream of bytes. */

import { concatBytes, ok, type Result, readUint32, refuse } from '@millrace/base'
import { decodeMessage, lengthBytes, type Message, type MessageFault, messageBytesMax } from './messages.ts'

/** Holds at most one unfinished message. */
export class MessageReader {
  #rest = new Uint8Array()

  /** What is complete now, or the first fault: the stream cannot be read on after it. */
  push(chunk: Uint8Array): Result<readonly Message[], MessageFault> {
    let bytes = this.#rest.length === 0 ? chunk : concatBytes([this.#rest, chunk])
    const messages: Message[] = []
    while (bytes.length >= lengthBytes) {
      const length = readUint32(bytes, 0)
      if (length > messageBytesMax) return refuse('too-long')
      if (bytes.length < lengthBytes + length) break
      const decoded = decodeMessage(bytes.subarray(lengthBytes, lengthBytes + length))
      if (!decoded.ok) return decoded
      messages.push(decoded.value)
      bytes = bytes.subarray(lengthBytes + length)
    }
    this.#rest = new Uint8Array(bytes)
    return ok(messages)
  }
}
