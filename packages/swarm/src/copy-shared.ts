/**
 * Copies bytes into shared memory. `TypedArray.set` is bound to copy shared memory by relaxed atomic steps, byte by byte
 * when source and target are aligned differently, as they always are behind a 13-byte header; `Buffer.fill` is one
 * memcpy. See copy-shared.bench.ts.
 */
export function copyShared(target: Uint8Array, at: number, source: Uint8Array, start: number, end: number): void {
  if (end > start) Buffer.prototype.fill.call(target, source.subarray(start, end), at, at + end - start)
}
