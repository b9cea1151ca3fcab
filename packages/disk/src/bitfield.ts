/** Sets of pieces as BEP 3 bitfields: most significant bit first, spare bits clear. */

export function bitfieldOf(pieceCount: number): Uint8Array {
  return new Uint8Array(Math.ceil(pieceCount / 8))
}

export function hasBit(bits: Uint8Array, piece: number): boolean {
  return ((bits[piece >> 3] ?? 0) & (0x80 >> (piece & 7))) !== 0
}

export function setBit(bits: Uint8Array, piece: number): void {
  bits[piece >> 3] = (bits[piece >> 3] ?? 0) | (0x80 >> (piece & 7))
}

export function clearBit(bits: Uint8Array, piece: number): void {
  bits[piece >> 3] = (bits[piece >> 3] ?? 0) & ~(0x80 >> (piece & 7))
}

export function countBits(bits: Uint8Array, pieceCount: number): number {
  let count = 0
  for (let piece = 0; piece < pieceCount; piece++) if (hasBit(bits, piece)) count++
  return count
}
