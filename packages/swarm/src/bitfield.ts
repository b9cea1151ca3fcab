/** Bitfields of pieces as BEP 3 sends them: piece 0 is the most significant bit of the first byte. */

export function hasPiece(bitfield: Uint8Array, piece: number): boolean {
  return (((bitfield[piece >> 3] ?? 0) >> (7 - (piece & 7))) & 1) === 1
}

export function setPiece(bitfield: Uint8Array, piece: number): void {
  bitfield[piece >> 3] = (bitfield[piece >> 3] ?? 0) | (0x80 >> (piece & 7))
}

export function countPieces(bitfield: Uint8Array): number {
  let count = 0
  for (let byte of bitfield) for (; byte !== 0; byte &= byte - 1) count++
  return count
}

/** All `pieceCount` pieces, spare bits clear. */
export function fullBitfield(pieceCount: number): Uint8Array {
  const bitfield = new Uint8Array(Math.ceil(pieceCount / 8)).fill(0xff)
  const spare = bitfield.length * 8 - pieceCount
  if (bitfield.length > 0) bitfield[bitfield.length - 1] = (0xff << spare) & 0xff
  return bitfield
}

/** How many pieces `bitfield` has that `other` lacks. */
export function countLacking(bitfield: Uint8Array, other: Uint8Array): number {
  return countPieces(bitfield.map((byte, i) => byte & ~(other[i] ?? 0)))
}
