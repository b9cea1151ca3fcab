/** Literal IP addresses and their compact lists (BEP 7, 11, 23): 4 or 16 bytes of address, 2 of port. */

import { fromHex, ok, type Result, refuse } from '@millrace/base'
import { type WireFault, wireFault } from './fault.ts'

/** A literal IPv4 or IPv6 address and a TCP port. */
export interface PeerAddress {
  readonly host: string
  readonly port: number
}

/** 4 or 16 bytes of a literal address; undefined for anything else (host names, zones, ports). */
export function parseIp(host: string): Uint8Array | undefined {
  return host.includes(':') ? parseIpv6(host) : parseIpv4(host)
}

/**
 * The text of 4 or 16 bytes, IPv6 as in RFC 5952 and IPv4-mapped addresses as IPv4.
 *
 * @example
 * formatIp(Uint8Array.of(10, 0, 0, 1)) // '10.0.0.1'
 */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (isMapped(bytes)) return bytes.subarray(12).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0))
  const gap = longestZeroRun(groups)
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  if (gap.length < 2) return text(groups)
  return `${text(groups.slice(0, gap.start))}::${text(groups.slice(gap.start + gap.length))}`
}

/** Compact form of those of `peers` whose address has `addressBytes` bytes; others are left out. */
export function encodeCompactPeers(peers: readonly PeerAddress[], addressBytes: 4 | 16): Uint8Array {
  const bytes = new Uint8Array(peers.length * (addressBytes + 2))
  let at = 0
  for (const peer of peers) {
    const ip = parseIp(peer.host)
    if (ip === undefined || ip.length !== addressBytes) continue
    bytes.set(ip, at)
    bytes[at + addressBytes] = peer.port >>> 8
    bytes[at + addressBytes + 1] = peer.port
    at += addressBytes + 2
  }
  return bytes.subarray(0, at)
}

/** At most `countMax` entries of a compact list, those with port 0 included so that flags by position still fit. */
export function decodeCompactPeers(
  bytes: Uint8Array,
  addressBytes: 4 | 16,
  countMax: number,
): Result<readonly PeerAddress[], WireFault> {
  const entryBytes = addressBytes + 2
  if (bytes.length % entryBytes !== 0) {
    return refuse(
      wireFault('bad-extension', `a compact peer list of ${bytes.length} bytes, expected a multiple of ${entryBytes}`),
    )
  }
  const peers: PeerAddress[] = []
  for (let at = 0; at < bytes.length && peers.length < countMax; at += entryBytes) {
    const portAt = at + addressBytes
    const port = ((bytes[portAt] ?? 0) << 8) | (bytes[portAt + 1] ?? 0)
    peers.push({ host: formatIp(bytes.subarray(at, portAt)), port })
  }
  return ok(peers)
}

function parseIpv4(host: string): Uint8Array | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host)
  if (match === null) return undefined
  const numbers = match.slice(1).map(Number)
  return numbers.every((number) => number <= 255) ? Uint8Array.from(numbers) : undefined
}

function parseIpv6(host: string): Uint8Array | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(host)
  const tail = dotted === null ? undefined : parseIpv4(dotted[2] ?? '')
  if (dotted !== null && tail === undefined) return undefined
  const text = tail === undefined ? host : `${dotted?.[1] ?? ''}${hexGroup(tail, 0)}:${hexGroup(tail, 2)}`
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const groupsOf = (half: string | undefined): readonly string[] =>
    half === undefined || half === '' ? [] : half.split(':')
  const [head, rest] = [groupsOf(halves[0]), groupsOf(halves[1])]
  const missing = 8 - head.length - rest.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...rest]
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  return fromHex(groups.map((group) => group.padStart(4, '0')).join(''))
}

function hexGroup(bytes: Uint8Array, at: number): string {
  return (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16)
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let length = 0
  groups.forEach((group, index) => {
    length = group === 0 ? length + 1 : 0
    if (length > best.length) best = { start: index + 1 - length, length }
  })
  return best
}
