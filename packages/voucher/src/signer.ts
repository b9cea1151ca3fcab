/** A signer over a private key in memory: a node's hot key. */

import { beaconDigest } from './beacon-proof.ts'
import { domainSeparator, type LedgerDomain } from './domain.ts'
import type { Signer } from './ports.ts'
import { accountOfKey, signDigest } from './signature.ts'
import { sessionDigest, voucherDigest } from './typed-data.ts'

/** Signs with 32 bytes of private key. The key stays referenced for the signer's life. */
export function keySigner(privateKey: Uint8Array): Signer {
  const separators = new WeakMap<LedgerDomain, Uint8Array>()
  const separatorOf = (domain: LedgerDomain): Uint8Array => {
    const known = separators.get(domain) ?? domainSeparator(domain)
    separators.set(domain, known)
    return known
  }
  return {
    account: accountOfKey(privateKey),
    signVoucher: async (domain, voucher) => signDigest(privateKey, voucherDigest(separatorOf(domain), voucher)),
    signSession: async (domain, session) => signDigest(privateKey, sessionDigest(separatorOf(domain), session)),
    signBeacon: async (domain, beacon) => signDigest(privateKey, beaconDigest(separatorOf(domain), beacon)),
  }
}
