/**
 * Memory of call frames that have ended, for those to come. @ethereumjs gives each frame 8 KiB outside V8's heap: a loop of calls
 * made ten thousand of them a second, and the event loop waited tens of milliseconds until the freed ones were put in order.
 */

/** As @ethereumjs begins: what needs more gets it from there. */
const memoryBytes = 8192
/** Frames inside one another that find theirs here: deeper ones are rare. */
const pooledMax = 64

export class MemoryPool {
  private readonly free: Uint8Array[] = []

  /** Zeros. */
  take(): Uint8Array {
    return this.free.pop() ?? new Uint8Array(memoryBytes)
  }

  /** Takes back what `take` gave, once its frame has ended: what a frame leaves behind it has copied. */
  give(bytes: Uint8Array): void {
    if (this.free.length === pooledMax) return
    bytes.fill(0)
    this.free.push(bytes)
  }
}
