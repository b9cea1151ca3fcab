/** Who we say we are on the wire. */

import { concatBytes, fromLatin1, type Random } from '@millrace/base'

export const version = '0.1.0'
export const clientName = `millrace ${version}`

/** A peer id in Azureus style (BEP 20): `-MR0100-` and 12 random bytes. */
export function createPeerId(random: Random): Uint8Array {
  return concatBytes([fromLatin1('-MR0100-'), random.bytes(12)])
}
