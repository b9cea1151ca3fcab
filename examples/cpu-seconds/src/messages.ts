/**
 * What goes over the socket: a length of 4 bytes, a kind of 1, a body. Integers are big-endian. The handshake is the payload of
 * BEP 10's, with the offer of btt_speed in it, and a payment is one message of btt_speed: as between BitTorrent peers.
 *
 *     buyer  -> seller   handshake, job {seed, goal}
 *     seller -> buyer    handshake                       payments go both ways from here on
 *     buyer  -> seller   request {step 0}, request {step 1} ...
 *     seller -> buyer    result {step 0, offsets of 8 shares} ...
 */

import { concatBytes, defined, ok, type Result, readUint32, refuse, writeUint32 } from '@millrace/base'
import { bttSpeedMessageBytesMax } from '@millrace/wire'
import { sharesPerStep } from './cpu.ts'
import { type Job, seedBytes } from './job.ts'

export type Message =
  | { readonly kind: 'handshake'; readonly payload: Uint8Array }
  | { readonly kind: 'job'; readonly job: Job }
  | { readonly kind: 'request'; readonly step: number }
  | { readonly kind: 'result'; readonly step: number; readonly offsets: readonly number[] }
  | { readonly kind: 'payment'; readonly payload: Uint8Array }

export type MessageFault = 'too-long' | 'empty' | 'unknown-kind' | 'wrong-length'

export const lengthBytes = 4
/** Of kind and body: an extended handshake with 16 ledgers takes 700. */
export const messageBytesMax = 2_048

const kinds = ['handshake', 'job', 'request', 'result', 'payment'] as const
const stepBytes = 4
const offsetBytes = 4
const jobBytes = seedBytes + 1
const resultBytes = stepBytes + sharesPerStep * offsetBytes

/** With its length in front. */
export function encodeMessage(message: Message): Uint8Array {
  const body = bodyOf(message)
  const head = new Uint8Array(lengthBytes + 1)
  writeUint32(head, 0, body.length + 1)
  head[lengthBytes] = kinds.indexOf(message.kind)
  return concatBytes([head, body])
}

/** Kind and body, without the length. */
export function decodeMessage(bytes: Uint8Array): Result<Message, MessageFault> {
  const [number] = bytes
  if (number === undefined) return refuse('empty')
  if (bytes.length > messageBytesMax) return refuse('too-long')
  const kind = kinds[number]
  const body = bytes.slice(1)
  switch (kind) {
    case 'handshake':
      return ok({ kind, payload: body })
    case 'payment':
      return body.length > bttSpeedMessageBytesMax ? refuse('too-long') : ok({ kind, payload: body })
    case 'job': {
      if (body.length !== jobBytes) return refuse('wrong-length')
      const goalBits = defined(body[seedBytes], 'the last of 33 bytes')
      return ok({ kind, job: { seed: body.slice(0, seedBytes), goalBits } })
    }
    case 'request':
      return body.length === stepBytes ? ok({ kind, step: readUint32(body, 0) }) : refuse('wrong-length')
    case 'result':
      return body.length === resultBytes ? ok({ kind, ...resultOf(body) }) : refuse('wrong-length')
    default:
      return refuse('unknown-kind')
  }
}

function bodyOf(message: Message): Uint8Array {
  switch (message.kind) {
    case 'handshake':
    case 'payment':
      return message.payload
    case 'job':
      return concatBytes([message.job.seed, Uint8Array.of(message.job.goalBits)])
    case 'request':
      return uint32s([message.step])
    case 'result':
      return uint32s([message.step, ...message.offsets])
  }
}

function resultOf(body: Uint8Array): { readonly step: number; readonly offsets: readonly number[] } {
  const offsets = Array.from({ length: sharesPerStep }, (_, i) => readUint32(body, stepBytes + i * offsetBytes))
  return { step: readUint32(body, 0), offsets }
}

function uint32s(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * offsetBytes)
  for (const [i, value] of values.entries()) writeUint32(bytes, i * offsetBytes, value)
  return bytes
}
