/**
 * Who is behind a connection: `hello` in both directions. A proof is bound to both nonces, the torrent and the signer's
 * role, so that it cannot be replayed, reflected or used by somebody else. Also counts what could not be read.
 */

import { defined } from '@millrace/base'
import { type BttSpeedError, type BttSpeedMessage, bttSpeedTypes, rejectCodes } from '@millrace/wire'
import { type Account, accountBytes, accountOf } from './account.ts'
import { type RejectCode, rejectOf } from './reject.ts'
import { type Session, sessionDigest } from './typed-data.ts'

export interface IdentityTerms {
  /** The ledger of this connection first, then others that a proof might be made for by mistake. */
  readonly ledgers: readonly { readonly id: Uint8Array; readonly separator: Uint8Array }[]
  readonly account: Account
  readonly ownNonce: Uint8Array
  readonly otherNonce: Uint8Array
  readonly infoHash: Uint8Array
  /** See `roleOf`. */
  readonly ownRole: number
  readonly otherRole: number
}

type Peer =
  | { readonly phase: 'silent' }
  | { readonly phase: 'claiming'; readonly account: Account; readonly signature: Uint8Array; readonly ledger: number }
  | { readonly phase: 'bound'; readonly account: Account }
  | { readonly phase: 'refused'; readonly code: RejectCode }

export interface IdentityState {
  readonly terms: IdentityTerms
  readonly peer: Peer
  /** Messages that could not be read or had no place. */
  readonly faults: number
}

export type IdentityEvent =
  | { readonly type: 'opened' }
  | { readonly type: 'signed'; readonly signature: Uint8Array }
  | { readonly type: 'message'; readonly message: BttSpeedMessage }
  | { readonly type: 'recovered'; readonly signer: Account | undefined }
  | { readonly type: 'unreadable'; readonly error: BttSpeedError }

export type IdentityEffect =
  | { readonly type: 'sign'; readonly session: Session }
  | { readonly type: 'send'; readonly message: BttSpeedMessage }
  /** Answered by one `recovered`. */
  | { readonly type: 'recover'; readonly digest: Uint8Array; readonly signature: Uint8Array }
  | { readonly type: 'bound'; readonly account: Account }
  | { readonly type: 'disconnect'; readonly reason: string }

export interface IdentityStep {
  readonly state: IdentityState
  readonly effects: readonly IdentityEffect[]
}

/** Faults of one connection before it is closed: a peer of another version makes a few. */
export const faultsMax = 16

export function openIdentity(terms: IdentityTerms): IdentityState {
  return { terms, peer: { phase: 'silent' }, faults: 0 }
}

/** Which part of a paid connection a message is for; a reject goes to whoever sent what it refuses. */
export function addresseeOf(message: BttSpeedMessage): 'identity' | 'seller' | 'buyer' | 'setOff' {
  const type = message.t === 'reject' ? message.refused : bttSpeedTypes[message.t]
  const isReject = message.t === 'reject'
  if (type === bttSpeedTypes.quote || type === bttSpeedTypes.account) return isReject ? 'seller' : 'buyer'
  if (type === bttSpeedTypes.bid || type === bttSpeedTypes.voucher) return isReject ? 'buyer' : 'seller'
  if (type === bttSpeedTypes.setOff) return 'setOff'
  return 'identity'
}

export function stepIdentity(state: IdentityState, event: IdentityEvent): IdentityStep {
  switch (event.type) {
    case 'opened':
      return { state, effects: [{ type: 'sign', session: ownSession(state.terms) }] }
    case 'signed':
      return { state, effects: [{ type: 'send', message: helloOf(state.terms, event.signature) }] }
    case 'message':
      return event.message.t === 'hello' ? hello(state, event.message) : { state, effects: [] }
    case 'recovered':
      return recovered(state, event.signer)
    case 'unreadable':
      return unreadable(state, event.error)
  }
}

type Hello = Extract<BttSpeedMessage, { readonly t: 'hello' }>

function helloOf(terms: IdentityTerms, signature: Uint8Array): Hello {
  return { t: 'hello', account: accountBytes(terms.account), signature }
}

function hello(state: IdentityState, message: Hello): IdentityStep {
  const account = accountOf(message.account)
  if (state.peer.phase !== 'silent') {
    const isRepeat = state.peer.phase === 'bound' && state.peer.account === account
    return fault(state, isRepeat ? rejectCodes.rateLimit : rejectCodes.identity, bttSpeedTypes.hello)
  }
  if (account === state.terms.account) return refusePeer(state, rejectCodes.identity)
  return claim(state, account, message.signature, 0)
}

function claim(state: IdentityState, account: Account, signature: Uint8Array, ledger: number): IdentityStep {
  const { terms } = state
  const tried = terms.ledgers[ledger]
  if (tried === undefined) return refusePeer(state, rejectCodes.identity)
  const digest = sessionDigest(tried.separator, {
    ledger: tried.id,
    account,
    ownNonce: terms.otherNonce,
    otherNonce: terms.ownNonce,
    infoHash: terms.infoHash,
    role: terms.otherRole,
  })
  return {
    state: { ...state, peer: { phase: 'claiming', account, signature, ledger } },
    effects: [{ type: 'recover', digest, signature }],
  }
}

function recovered(state: IdentityState, signer: Account | undefined): IdentityStep {
  const { peer } = state
  if (peer.phase !== 'claiming') return { state, effects: [] }
  if (signer === undefined) return refusePeer(state, rejectCodes.badSignature)
  if (signer !== peer.account) return claim(state, peer.account, peer.signature, peer.ledger + 1)
  if (peer.ledger > 0) return refusePeer(state, rejectCodes.wrongLedger)
  return {
    state: { ...state, peer: { phase: 'bound', account: peer.account } },
    effects: [{ type: 'bound', account: peer.account }],
  }
}

/** The connection goes on as an ordinary one. */
function refusePeer(state: IdentityState, code: RejectCode): IdentityStep {
  return {
    state: { ...state, peer: { phase: 'refused', code } },
    effects: [{ type: 'send', message: rejectOf('hello', code) }],
  }
}

function unreadable(state: IdentityState, error: BttSpeedError): IdentityStep {
  if (error.code === 'too-long') {
    return { state, effects: [{ type: 'disconnect', reason: `btt_speed: ${error.message}` }] }
  }
  return fault(state, rejectCodes.malformed, error.refused)
}

function fault(state: IdentityState, code: RejectCode, refused: number | undefined): IdentityStep {
  const faults = state.faults + 1
  const next = { ...state, faults }
  if (faults > faultsMax) {
    return { state: next, effects: [{ type: 'disconnect', reason: `btt_speed: more than ${faultsMax} bad messages` }] }
  }
  if (refused === undefined || refused === bttSpeedTypes.reject) return { state: next, effects: [] }
  return { state: next, effects: [{ type: 'send', message: rejectOf(refused, code) }] }
}

function ownSession(terms: IdentityTerms): Session {
  return {
    ledger: defined(terms.ledgers[0], 'the ledger of the connection').id,
    account: terms.account,
    ownNonce: terms.ownNonce,
    otherNonce: terms.otherNonce,
    infoHash: terms.infoHash,
    role: terms.ownRole,
  }
}
