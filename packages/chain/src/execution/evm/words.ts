/** 256-bit words in byte arrays. */

/** The 32 bytes at `at` as a number. */
export function readWord(bytes: Uint8Array, at: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 32)
  const low = view.getBigUint64(24)
  const second = view.getBigUint64(16)
  const third = view.getBigUint64(8)
  const high = view.getBigUint64(0)
  if (high === 0n && third === 0n) return second === 0n ? low : (second << 64n) | low
  return (((high << 64n) | third) << 128n) | (second << 64n) | low
}

export function writeWord(bytes: Uint8Array, at: number, value: bigint): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 32)
  // setBigUint64 takes the low 64 bits of what it is given.
  view.setBigUint64(24, value)
  if (value <= 0xffff_ffff_ffff_ffffn) {
    view.setBigUint64(16, 0n)
    view.setBigUint64(8, 0n)
    view.setBigUint64(0, 0n)
    return
  }
  view.setBigUint64(16, value >> 64n)
  view.setBigUint64(8, value >> 128n)
  view.setBigUint64(0, value >> 192n)
}
