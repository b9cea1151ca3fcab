/** How signatures cross the thread boundary: fixed-width records, many in one message, answered in the order they came. */

import { defined } from '@millrace/base'
import { type Account, accountBytes, accountOf, recoverAddress, signatureBytes } from '@millrace/voucher'

export const digestBytes = 32
const orderBytes = digestBytes + signatureBytes
const addressBytes = 20
/** One byte tells whether there is a signer. */
const answerBytes = 1 + addressBytes

export interface SignedDigest {
  readonly digest: Uint8Array
  readonly signature: Uint8Array
}

/** @param all digests of 32 and signatures of 65 bytes */
export function encodeOrders(all: readonly SignedDigest[]): Uint8Array {
  const bytes = new Uint8Array(all.length * orderBytes)
  for (const [i, { digest, signature }] of all.entries()) {
    bytes.set(digest, i * orderBytes)
    bytes.set(signature, i * orderBytes + digestBytes)
  }
  return bytes
}

/** What the worker makes of a batch of orders. */
export function answerOrders(orders: Uint8Array): Uint8Array {
  const answers = new Uint8Array((orders.length / orderBytes) * answerBytes)
  for (let i = 0; i * orderBytes < orders.length; i++) {
    const order = orders.subarray(i * orderBytes, (i + 1) * orderBytes)
    const signer = recoverAddress(order.subarray(0, digestBytes), order.subarray(digestBytes))
    if (signer === undefined) continue
    answers[i * answerBytes] = 1
    answers.set(accountBytes(signer), i * answerBytes + 1)
  }
  return answers
}

export function decodeAnswers(answers: Uint8Array): (Account | undefined)[] {
  const signers: (Account | undefined)[] = []
  for (let at = 0; at < answers.length; at += answerBytes) {
    const isSigned = defined(answers[at], 'an answer in range') === 1
    signers.push(isSigned ? accountOf(answers.subarray(at + 1, at + answerBytes)) : undefined)
  }
  return signers
}
