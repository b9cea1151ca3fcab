/** How two sides meet: offers, the ledger they agree on, and hellos. */

import { bdecode, bencode, type Dict, type Value } from './bencode.ts'
import { type Hello, type Reject, reject } from './messages.ts'
import { type Domain, ledgerId, sessionDigest, signDigest, signerOf } from './signing.ts'

export interface Offer {
  readonly v: number
  readonly n: Buffer
  readonly s: boolean
  readonly l: readonly Buffer[]
}

/** What an extended handshake says: the id to send btt_speed with, and the offer. */
export interface Greeting {
  readonly id: number
  readonly offer: Offer | undefined
}

/** What both sides know when their offers met. */
export interface Meeting {
  readonly domain: Domain
  readonly ownAccount: Buffer
  readonly infoHash: Buffer
  readonly ownNonce: Buffer
  readonly otherNonce: Buffer
  readonly ownSells: boolean
  readonly otherSells: boolean
}

const ledgersMax = 16

export function greetingBytes(id: number, { v, n, s, l }: Offer): Buffer {
  const offer: Dict = new Map<string, Value>([
    ['v', BigInt(v)],
    ['n', n],
    ['s', s ? 1n : 0n],
    ['l', [...l]],
  ])
  const m: Dict = new Map([['btt_speed', BigInt(id)]])
  return bencode(
    new Map<string, Value>([
      ['btt_speed', offer],
      ['m', m],
    ]),
  )
}

export function readGreeting(payload: Buffer): Greeting {
  const dict = bdecode(payload)
  const m = dict instanceof Map ? dict.get('m') : undefined
  const id = m instanceof Map ? m.get('btt_speed') : undefined
  const offer = dict instanceof Map ? dict.get('btt_speed') : undefined
  return { id: typeof id === 'bigint' ? Number(id) : 0, offer: offer instanceof Map ? readOffer(offer) : undefined }
}

function readOffer(dict: Dict): Offer | undefined {
  const [v, n, s, l] = ['v', 'n', 's', 'l'].map((key) => dict.get(key))
  if (typeof v !== 'bigint' || v < 1n || (s !== 0n && s !== 1n)) return undefined
  if (!Buffer.isBuffer(n) || n.length !== 16 || !Array.isArray(l)) return undefined
  const ledgers = l.slice(0, ledgersMax).flatMap((id) => (Buffer.isBuffer(id) && id.length === 32 ? [id] : []))
  if (ledgers.length !== Math.min(l.length, ledgersMax)) return undefined
  return { v: Number(v), n, s: s === 1n, l: ledgers }
}

type Choosing = Pick<Offer, 'n' | 's' | 'l'>

export function ledgerOf(one: Choosing, other: Choosing): Buffer | undefined {
  if (!(one.s || other.s) || one.n.equals(other.n)) return undefined
  const decides = one.s && other.s ? Buffer.compare(one.n, other.n) < 0 : one.s
  const [list, candidates] = decides ? [one.l, other.l] : [other.l, one.l]
  return list.find((id) => candidates.some((candidate) => candidate.equals(id)))
}

export function roleOf(ownSells: boolean, otherSells: boolean): number {
  return (otherSells ? 1 : 0) + (ownSells ? 2 : 0)
}

export async function sayHello(key: Buffer, meeting: Meeting): Promise<Hello> {
  const { domain, ownAccount: account, ownNonce, otherNonce, infoHash, ownSells, otherSells } = meeting
  const role = roleOf(ownSells, otherSells)
  const session = { ledger: ledgerId(domain), account, ownNonce, otherNonce, infoHash, role }
  return { t: 0, a: account, z: await signDigest(key, sessionDigest(domain, session)) }
}

/**
 * What a hello is answered with.
 *
 * @param bound the account that the connection is bound to already
 * @param others ledgers that a proof may be made for by mistake
 */
export async function judgeHello(
  hello: Hello,
  meeting: Meeting,
  bound: Buffer | undefined,
  others: readonly Domain[] = [],
): Promise<'bound' | Reject> {
  if (bound !== undefined) return reject(0, bound.equals(hello.a) ? 9 : 11)
  if (hello.a.equals(meeting.ownAccount)) return reject(0, 11)
  const { infoHash, ownNonce, otherNonce, ownSells, otherSells } = meeting
  const role = roleOf(otherSells, ownSells)
  const sent = { account: hello.a, ownNonce: otherNonce, otherNonce: ownNonce, infoHash, role }
  for (const domain of [meeting.domain, ...others]) {
    const signer = await signerOf(sessionDigest(domain, { ...sent, ledger: ledgerId(domain) }), hello.z)
    if (signer === undefined) return reject(0, 3)
    if (signer.equals(hello.a)) return domain === meeting.domain ? 'bound' : reject(0, 2)
  }
  return reject(0, 11)
}
