/** 256-bit words in byte arrays. */

/** Words are taken apart here: a view of a short array would move it out of V8's heap first. */
const scratch = new Uint8Array(new ArrayBuffer(32))
const view = new DataView(scratch.buffer)

/** The 32 bytes at `at` as a number. */
export function readWord(bytes: Uint8Array, at: number): bigint {
  for (let i = 0; i < 32; i++) scratch[i] = bytes[at + i] ?? 0
  const low = view.getBigUint64(24)
  const second = view.getBigUint64(16)
  const third = view.getBigUint64(8)
  const high = view.getBigUint64(0)
  if (high === 0n && third === 0n) return second === 0n ? low : (second << 64n) | low
  return (((high << 64n) | third) << 128n) | (second << 64n) | low
}

export function writeWord(bytes: Uint8Array, at: number, value: bigint): void {
  // setBigUint64 takes the low 64 bits of what it is given.
  view.setBigUint64(24, value)
  if (value <= 0xffff_ffff_ffff_ffffn) {
    scratch.fill(0, 0, 24)
  } else {
    view.setBigUint64(16, value >> 64n)
    view.setBigUint64(8, value >> 128n)
    view.setBigUint64(0, value >> 192n)
  }
  bytes.set(scratch, at)
}
