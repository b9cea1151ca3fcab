/** Digests, signatures and hellos against the vectors of docs/spec, and the vectors against viem. */

import {
  accountOfKey,
  addresseeOf,
  cashEntry,
  domainSeparator,
  type IdentityEffect,
  type IdentityState,
  type IdentityStep,
  keySigner,
  ledgerId,
  openIdentity,
  recoverAddress,
  roleOf,
  sessionDigest,
  sessionTypedData,
  stepIdentity,
  voucherDigest,
  voucherTypedData,
} from '@millrace/voucher'
import { hashTypedData, recoverAddress as viemRecover } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import {
  accountOfHex,
  bytesOf,
  type DomainVector,
  domainOf,
  hexOf,
  ofWire,
  plain,
  readVectors,
  type VoucherVector,
  voucherOf,
  type WireMessage,
} from './vectors.ts'

interface SessionVector {
  readonly ledger: string
  readonly account: string
  readonly ownNonce: string
  readonly otherNonce: string
  readonly infoHash: string
  readonly role: number
}
interface Signed {
  readonly domain: DomainVector
  readonly key: string
  readonly digest: string
  readonly signature: string
}
interface Signing {
  readonly keys: readonly { name: string; key: string; account: string }[]
  readonly domains: readonly (DomainVector & { separator: string; ledgerId: string })[]
  readonly vouchers: readonly (Signed & { voucher: VoucherVector; compact: { r: string; vs: string } })[]
  readonly sessions: readonly (Signed & { session: SessionVector })[]
  readonly nobody: readonly { name: string; digest: string; signature: string }[]
  readonly somebodyElse: readonly { name: string; digest: string; signature: string; account: string }[]
}
interface Hellos {
  readonly receiver: {
    readonly domain: DomainVector
    readonly ownAccount: string
    readonly ownNonce: string
    readonly otherNonce: string
    readonly infoHash: string
    readonly ownSells: number
    readonly otherSells: number
  }
  readonly hellos: readonly { name: string; bound: string | null; hello: WireMessage; answer: 'bound' | WireMessage }[]
}

const sessionOf = (session: SessionVector) => ({
  ledger: bytesOf(session.ledger),
  account: accountOfHex(session.account),
  ownNonce: bytesOf(session.ownNonce),
  otherNonce: bytesOf(session.otherNonce),
  infoHash: bytesOf(session.infoHash),
  role: session.role,
})

describe('signing.json', () => {
  const vectors = readVectors<Signing>('signing')
  it.each(vectors.keys)('the account of the $name', ({ key, account }) => {
    expect(accountOfKey(bytesOf(key))).toBe(`0x${account}`)
    expect(privateKeyToAccount(`0x${key}`).address.toLowerCase()).toBe(`0x${account}`)
  })
  it.each(vectors.domains)('chain $chainId', (vector) => {
    expect(hexOf(domainSeparator(domainOf(vector)))).toBe(vector.separator)
    expect(hexOf(ledgerId(domainOf(vector)))).toBe(vector.ledgerId)
  })
  it.each(vectors.vouchers)('a voucher over $voucher.cumulative', async (vector) => {
    const domain = domainOf(vector.domain)
    const voucher = voucherOf(vector.voucher)
    expect(hexOf(voucherDigest(domainSeparator(domain), voucher))).toBe(vector.digest)
    const signature = await keySigner(bytesOf(vector.key)).signVoucher(domain, voucher)
    expect(hexOf(signature)).toBe(vector.signature)
    expect(recoverAddress(bytesOf(vector.digest), signature)).toBe(voucher.payer)
    const { r, vs } = cashEntry({ ...voucher, signature })
    expect({ r, vs }).toEqual({ r: `0x${vector.compact.r}`, vs: `0x${vector.compact.vs}` })
    const viem = privateKeyToAccount(`0x${vector.key}`)
    expect(hashTypedData(voucherTypedData(domain, voucher))).toBe(`0x${vector.digest}`)
    expect(await viem.signTypedData(voucherTypedData(domain, voucher))).toBe(`0x${vector.signature}`)
  })
  it.each(vectors.sessions)('a session of role $session.role', async (vector) => {
    const domain = domainOf(vector.domain)
    const session = sessionOf(vector.session)
    expect(hexOf(session.ledger)).toBe(hexOf(ledgerId(domain)))
    expect(hexOf(sessionDigest(domainSeparator(domain), session))).toBe(vector.digest)
    expect(hexOf(await keySigner(bytesOf(vector.key)).signSession(domain, session))).toBe(vector.signature)
    const viem = privateKeyToAccount(`0x${vector.key}`)
    expect(await viem.signTypedData(sessionTypedData(domain, session))).toBe(`0x${vector.signature}`)
  })
  it.each(vectors.nobody)('$name recovers nobody', ({ digest, signature }) => {
    expect(recoverAddress(bytesOf(digest), bytesOf(signature))).toBeUndefined()
  })
  it.each(vectors.somebodyElse)('$name recovers somebody else', async ({ digest, signature, account }) => {
    expect(recoverAddress(bytesOf(digest), bytesOf(signature))).toBe(`0x${account}`)
    const recovered = await viemRecover({ hash: `0x${digest}`, signature: `0x${signature}` })
    expect(recovered.toLowerCase()).toBe(`0x${account}`)
  })
})

describe('hellos.json', () => {
  const { receiver, hellos } = readVectors<Hellos>('hellos')
  const domain = domainOf(receiver.domain)
  const [own, other] = [receiver.ownSells === 1, receiver.otherSells === 1]
  const terms = {
    ledgers: [domain, { ...domain, chainId: 1_029n }].map((known) => ({
      id: ledgerId(known),
      separator: domainSeparator(known),
    })),
    account: accountOfHex(receiver.ownAccount),
    ownNonce: bytesOf(receiver.ownNonce),
    otherNonce: bytesOf(receiver.otherNonce),
    infoHash: bytesOf(receiver.infoHash),
    ownRole: roleOf(own, other),
    otherRole: roleOf(other, own),
  }
  /** Runs until nothing is to be recovered any more. */
  function settle(step: IdentityStep): { readonly state: IdentityState; readonly effects: readonly IdentityEffect[] } {
    const effects: IdentityEffect[] = []
    let { state } = step
    for (const queue = [...step.effects]; ; ) {
      const effect = queue.shift()
      if (effect === undefined) return { state, effects }
      if (effect.type !== 'recover') effects.push(effect)
      else {
        const signer = recoverAddress(effect.digest, effect.signature)
        const next = stepIdentity(state, { type: 'recovered', signer })
        state = next.state
        queue.push(...next.effects)
      }
    }
  }
  it.each(hellos)('$name', ({ bound, hello, answer }) => {
    const fresh = openIdentity(terms)
    const state: IdentityState =
      bound === null ? fresh : { ...fresh, peer: { phase: 'bound', account: accountOfHex(bound) } }
    const message = ofWire(hello)
    expect(addresseeOf(message)).toBe('identity')
    const { effects } = settle(stepIdentity(state, { type: 'message', message }))
    const [effect, ...more] = effects.map((said) => (said.type === 'send' ? plain(said.message) : said))
    expect(more).toEqual([])
    if (answer === 'bound') expect(effect).toEqual({ type: 'bound', account: `0x${String(hello.a)}` })
    else expect(effect).toEqual(ofWire(answer))
  })
})
