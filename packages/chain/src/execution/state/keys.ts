/** Byte strings as keys of maps, and a map that forgets what nobody has asked for lately. */

import { toLatin1 } from '@millrace/base'

/** One character a byte: half as long as hex and made by one copy. */
export const byteKey = toLatin1

export function keyBytes(key: string): Uint8Array {
  return Buffer.from(key, 'latin1')
}

/** At most `entriesMax` entries: when the newer half is full the older one goes. */
export class RecentMap<V> {
  private readonly halfMax: number
  private young = new Map<string, V>()
  private old = new Map<string, V>()

  constructor(entriesMax: number) {
    this.halfMax = entriesMax >> 1
  }

  get(key: string): V | undefined {
    const young = this.young.get(key)
    if (young !== undefined) return young
    const old = this.old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: V): void {
    if (this.young.size >= this.halfMax) {
      this.old = this.young
      this.young = new Map()
    }
    this.young.set(key, value)
  }
}
