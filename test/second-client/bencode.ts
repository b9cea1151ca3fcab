/** Canonical bencoding (BEP 3), and nothing else is read. Keys of dictionaries are latin1 text, one character a byte. */

export type Value = bigint | Buffer | Value[] | Dict
export type Dict = Map<string, Value>

export interface Limits {
  /** Containers within each other. */
  readonly depth: number
  /** Values and keys together. */
  readonly items: number
}

const noLimits: Limits = { depth: 64, items: 1_000_000 }

export function bencode(value: Value): Buffer {
  if (typeof value === 'bigint') return Buffer.from(`i${value}e`)
  if (Buffer.isBuffer(value)) return Buffer.concat([Buffer.from(`${value.length}:`), value])
  if (Array.isArray(value)) return Buffer.concat([Buffer.from('l'), ...value.map(bencode), Buffer.from('e')])
  const keys = [...value.keys()].sort((a, b) => (a < b ? -1 : 1))
  const parts = keys.flatMap((key) => [bencode(Buffer.from(key, 'latin1')), bencode(value.get(key) ?? 0n)])
  return Buffer.concat([Buffer.from('d'), ...parts, Buffer.from('e')])
}

/** The value that fills the bytes; undefined when they are anything else. */
export function bdecode(bytes: Buffer, limits: Limits = noLimits): Value | undefined {
  const reader = new Reader(bytes, limits)
  try {
    const value = reader.value(0)
    return reader.at === bytes.length ? value : undefined
  } catch (error) {
    if (error instanceof NotCanonical) return undefined
    throw error
  }
}

/** The bytes of one entry of the dictionary that they hold, as they stand there. */
export function rawEntry(bytes: Buffer, wanted: string): Buffer | undefined {
  const reader = new Reader(bytes, noLimits)
  reader.at = 1
  while (reader.at < bytes.length - 1) {
    const key = reader.text()
    const from = reader.at
    reader.value(1)
    if (key.toString('latin1') === wanted) return bytes.subarray(from, reader.at)
  }
  return undefined
}

class NotCanonical extends Error {}

class Reader {
  at = 0
  #items = 0
  readonly #bytes: Buffer
  readonly #limits: Limits

  constructor(bytes: Buffer, limits: Limits) {
    this.#bytes = bytes
    this.#limits = limits
  }

  value(depth: number): Value {
    this.#count()
    const kind = this.#bytes[this.at]
    if (kind === 0x69) return this.#integer()
    if (kind !== 0x6c && kind !== 0x64) return this.text()
    if (depth === this.#limits.depth) throw new NotCanonical()
    this.at += 1
    return kind === 0x6c ? this.#list(depth + 1) : this.#dict(depth + 1)
  }

  text(): Buffer {
    const digits = this.#until(':', /^(0|[1-9][0-9]{0,9})$/)
    const end = this.at + Number(digits)
    if (end > this.#bytes.length) throw new NotCanonical()
    const text = this.#bytes.subarray(this.at, end)
    this.at = end
    return text
  }

  #integer(): bigint {
    this.at += 1
    return BigInt(this.#until('e', /^(0|-?[1-9][0-9]{0,79})$/))
  }

  #list(depth: number): Value[] {
    const items: Value[] = []
    while (!this.#ends()) items.push(this.value(depth))
    return items
  }

  #dict(depth: number): Dict {
    const dict: Dict = new Map()
    let last: string | undefined
    while (!this.#ends()) {
      this.#count()
      const key = this.text().toString('latin1')
      if (last !== undefined && key <= last) throw new NotCanonical()
      last = key
      dict.set(key, this.value(depth))
    }
    return dict
  }

  #ends(): boolean {
    if (this.at >= this.#bytes.length) throw new NotCanonical()
    if (this.#bytes[this.at] !== 0x65) return false
    this.at += 1
    return true
  }

  #until(mark: string, shape: RegExp): string {
    const end = this.#bytes.indexOf(mark, this.at)
    const text = end === -1 ? '' : this.#bytes.toString('latin1', this.at, end)
    if (!shape.test(text)) throw new NotCanonical()
    this.at = end + 1
    return text
  }

  #count(): void {
    this.#items += 1
    if (this.#items > this.#limits.items) throw new NotCanonical()
  }
}
