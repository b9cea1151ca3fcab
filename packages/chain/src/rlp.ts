/**
 * RLP (Yellow Paper, appendix B) written into one array. @ethereumjs/rlp, which decodes here, makes an array for each item and
 * each list on the way; a block has tens of thousands, and whoever waits for memory waits until the last ones are freed.
 */

export type RlpItem = Uint8Array | readonly RlpItem[]

/**
 * @param type the byte that stands before the RLP in an EIP-2718 envelope; absent: none
 * @param allocate makes the array, whose every byte is written
 * @example encodeRlp([Uint8Array.of(1), []]) // c2 01 c0
 */
export function encodeRlp(item: RlpItem, type?: number, allocate: (length: number) => Uint8Array = zeroes): Uint8Array {
  const start = type === undefined ? 0 : 1
  const lengths: number[] = []
  const bytes = allocate(start + measure(item, lengths))
  if (type !== undefined) bytes[0] = type
  write({ bytes, lengths, at: start, lists: 0 }, item)
  return bytes
}

const zeroes = (length: number) => new Uint8Array(length)

/** The list of items that are RLP already. */
export function joinRlp(items: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const item of items) length += item.length
  const bytes = new Uint8Array(headLength(length) + length)
  let at = writeHead(bytes, 0, listHead, length)
  for (const item of items) {
    bytes.set(item, at)
    at += item.length
  }
  return bytes
}

interface Place {
  readonly bytes: Uint8Array
  /** Of each list's items together, in the order in which the lists begin. */
  readonly lengths: readonly number[]
  at: number
  lists: number
}

const stringHead = 0x80
const listHead = 0xc0
/** A longer one has its length in bytes of their own. */
const shortMax = 55

function measure(item: RlpItem, lengths: number[]): number {
  if (item instanceof Uint8Array) return isOwnByte(item) ? 1 : headLength(item.length) + item.length
  const index = lengths.push(0) - 1
  let length = 0
  for (const part of item) length += measure(part, lengths)
  lengths[index] = length
  return headLength(length) + length
}

function write(place: Place, item: RlpItem): void {
  const { bytes } = place
  if (item instanceof Uint8Array) {
    if (!isOwnByte(item)) place.at = writeHead(bytes, place.at, stringHead, item.length)
    bytes.set(item, place.at)
    place.at += item.length
    return
  }
  place.at = writeHead(bytes, place.at, listHead, place.lengths[place.lists++] ?? 0)
  for (const part of item) write(place, part)
}

function isOwnByte(bytes: Uint8Array): boolean {
  return bytes.length === 1 && (bytes[0] ?? 0) < stringHead
}

function headLength(length: number): number {
  return 1 + lengthBytes(length)
}

function lengthBytes(length: number): number {
  if (length <= shortMax) return 0
  return length < 0x100 ? 1 : length < 0x1_0000 ? 2 : length < 0x100_0000 ? 3 : 4
}

/** @returns where what it is the head of begins */
function writeHead(bytes: Uint8Array, at: number, kind: number, length: number): number {
  const more = lengthBytes(length)
  bytes[at] = kind + (more === 0 ? length : shortMax + more)
  for (let i = 0; i < more; i++) bytes[at + 1 + i] = length >>> (8 * (more - 1 - i))
  return at + 1 + more
}
