import { type BttSpeedMessage, rejectCodes } from '@millrace/wire'
import { expect, test } from 'vitest'
import { buyerKey, domain, foreignDomain, payee, payer, sellerKey } from '../testing/pair.ts'
import { domainSeparator, ledgerId } from './domain.ts'
import {
  addresseeOf,
  faultsMax,
  type IdentityEffect,
  type IdentityState,
  type IdentityTerms,
  openIdentity,
  stepIdentity,
} from './identity-session.ts'
import { recoverAddress, signDigest } from './signature.ts'
import { roleBuys, roleSells, type Session, sessionDigest } from './typed-data.ts'

const nonce = (byte: number) => new Uint8Array(16).fill(byte)
const ledgers = [domain, foreignDomain].map((where) => ({ id: ledgerId(where), separator: domainSeparator(where) }))
const terms: IdentityTerms = {
  ledgers,
  account: payee,
  ownNonce: nonce(1),
  otherNonce: nonce(2),
  infoHash: new Uint8Array(20).fill(3),
  ownRole: roleSells,
  otherRole: roleBuys,
}
const proof: Session = {
  ledger: ledgerId(domain),
  account: payer,
  ownNonce: terms.otherNonce,
  otherNonce: terms.ownNonce,
  infoHash: terms.infoHash,
  role: roleBuys,
}

/** Runs a hello through the session and the verifier; what it does besides asking the verifier. */
function greet(session: Session, key = buyerKey, where = domain, start: IdentityState = openIdentity(terms)) {
  const signature = signDigest(key, sessionDigest(domainSeparator(where), session))
  const account = Buffer.from(session.account.slice(2), 'hex')
  let step = stepIdentity(start, { type: 'message', message: { t: 'hello', account, signature } })
  const seen: IdentityEffect[] = []
  for (;;) {
    const asked = step.effects.find((effect) => effect.type === 'recover')
    seen.push(...step.effects.filter((effect) => effect.type !== 'recover'))
    if (asked === undefined) return { state: step.state, effects: seen }
    const signer = recoverAddress(asked.digest, asked.signature)
    step = stepIdentity(step.state, { type: 'recovered', signer })
  }
}

const codes = (effects: readonly IdentityEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'send' && effect.message.t === 'reject' ? [effect.message.code] : []))

test('both sides bind each other’s account', () => {
  const own = stepIdentity(openIdentity(terms), { type: 'opened' })
  const [sign] = own.effects
  if (sign?.type !== 'sign') throw new Error('no session to sign')
  const signature = signDigest(sellerKey, sessionDigest(domainSeparator(domain), sign.session))
  const sent = stepIdentity(own.state, { type: 'signed', signature }).effects[0]
  if (sent?.type !== 'send') throw new Error('no hello')
  const other = {
    ...terms,
    account: payer,
    ownNonce: nonce(2),
    otherNonce: nonce(1),
    ownRole: roleBuys,
    otherRole: roleSells,
  }
  const asked = stepIdentity(openIdentity(other), { type: 'message', message: sent.message })
  const [check] = asked.effects
  if (check?.type !== 'recover') throw new Error('no check')
  const bound = stepIdentity(asked.state, { type: 'recovered', signer: recoverAddress(check.digest, check.signature) })
  expect(bound.effects).toEqual([{ type: 'bound', account: payee }])
  expect(greet(proof).effects).toEqual([{ type: 'bound', account: payer }])
})

test.each([
  ['somebody else’s account', proof, sellerKey, domain, rejectCodes.identity],
  ['our own account', { ...proof, account: payee }, sellerKey, domain, rejectCodes.identity],
  ['a proof of another connection', { ...proof, otherNonce: nonce(9) }, buyerKey, domain, rejectCodes.identity],
  ['a reflected proof', { ...proof, ownNonce: nonce(1), otherNonce: nonce(2) }, buyerKey, domain, rejectCodes.identity],
  ['a proof for another torrent', { ...proof, infoHash: new Uint8Array(20) }, buyerKey, domain, rejectCodes.identity],
  ['a proof in another role', { ...proof, role: roleSells }, buyerKey, domain, rejectCodes.identity],
  [
    'a proof on another ledger',
    { ...proof, ledger: ledgerId(foreignDomain) },
    buyerKey,
    foreignDomain,
    rejectCodes.wrongLedger,
  ],
])('%s is refused with its code, and the connection stays', (_, session, key, where, code) => {
  const { state, effects } = greet(session, key, where)
  expect(codes(effects)).toEqual([code])
  expect(effects.some((effect) => effect.type === 'bound' || effect.type === 'disconnect')).toBe(false)
  expect(state.peer).toMatchObject({ phase: 'refused', code })
})

test('a signature that is none is refused as such', () => {
  const hello: BttSpeedMessage = {
    t: 'hello',
    account: Buffer.from(payer.slice(2), 'hex'),
    signature: new Uint8Array(65),
  }
  const asked = stepIdentity(openIdentity(terms), { type: 'message', message: hello })
  const { effects } = stepIdentity(asked.state, { type: 'recovered', signer: undefined })
  expect(codes(effects)).toEqual([rejectCodes.badSignature])
})

test('an account stays bound: another hello changes nothing', () => {
  const bound = greet(proof)
  const again = greet({ ...proof, account: payee }, sellerKey, domain, bound.state)
  expect(codes(again.effects)).toEqual([rejectCodes.identity])
  expect(again.state.peer).toEqual({ phase: 'bound', account: payer })
  expect(codes(greet(proof, buyerKey, domain, bound.state).effects)).toEqual([rejectCodes.rateLimit])
})

test('unreadable messages are refused, never a reject, and close the connection when they go on or are too long', () => {
  const error = { kind: 'btt_speed', code: 'malformed', message: 'x' } as const
  const first = stepIdentity(openIdentity(terms), { type: 'unreadable', error: { ...error, refused: 99 } })
  expect(codes(first.effects)).toEqual([rejectCodes.malformed])
  expect(stepIdentity(first.state, { type: 'unreadable', error: { ...error, refused: 5 } }).effects).toEqual([])
  let state = first.state
  let effects: readonly IdentityEffect[] = []
  for (let i = 0; i < faultsMax; i++) ({ state, effects } = stepIdentity(state, { type: 'unreadable', error }))
  expect(effects).toMatchObject([{ type: 'disconnect' }])
  const long = stepIdentity(openIdentity(terms), { type: 'unreadable', error: { ...error, code: 'too-long' } })
  expect(long.effects).toMatchObject([{ type: 'disconnect' }])
})

test('messages go to their part, and a reject to whoever sent what it refuses', () => {
  const reject = (refused: number): BttSpeedMessage => ({ t: 'reject', refused, code: 1, words: '' })
  expect([0, 1, 2, 3, 4, 9].map((refused) => addresseeOf(reject(refused)))).toEqual([
    'identity',
    'seller',
    'buyer',
    'seller',
    'buyer',
    'identity',
  ])
  expect(addresseeOf({ t: 'bid', number: 1, spendRatePerSecond: 1n, priceMaxPerMiB: 1n })).toBe('seller')
})
