/**
 * Byte arrays that stand together in memory. V8 keeps arrays of up to 64 bytes in its heap; each longer one is a piece of
 * malloc's, and when tens of thousands of them die at once the event loop waits until the last is freed. What comes by the
 * thousands and goes together is cut out of Node's pool instead: one piece of malloc's for dozens of arrays.
 *
 * A piece lives as long as any array in it, so this is for what is dropped in about the order in which it was made.
 */

const heapBytesMax = 64

/** `length` bytes that the caller writes, all of them: they hold what was there before. */
export function pooledBytes(length: number): Uint8Array {
  if (length <= heapBytesMax) return new Uint8Array(length)
  const { buffer, byteOffset } = Buffer.allocUnsafe(length)
  // A plain array, because a Buffer's own slice() is a view.
  return new Uint8Array(buffer, byteOffset, length)
}

/** The same bytes in the pool; where they are already in V8's heap, the array itself. */
export function pooled(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= heapBytesMax) return bytes
  const copy = pooledBytes(bytes.length)
  copy.set(bytes)
  return copy
}
