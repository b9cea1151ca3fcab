/** Verification on the loop itself: some 100 microseconds of WASM, asked for at a bounded rate by the sessions. */

import type { Verifier } from './ports.ts'
import { recoverAddress } from './signature.ts'

export const inlineVerifier: Verifier = {
  recover: async (digest, signature) => recoverAddress(digest, signature),
}
