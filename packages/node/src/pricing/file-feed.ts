/** A price in a file that something else keeps up to date; best by writing another file and renaming it. */

import { open } from 'node:fs/promises'
import { messageOf } from '@millrace/base'
import { parsePointer } from './json-pointer.ts'
import { FeedError, type PriceFeed, type PriceReading } from './ports.ts'
import { decodePrice, priceDocumentBytesMax } from './price-document.ts'

const newline = 0x0a

/**
 * The number alone must end in a newline and JSON must be whole, so that a half-written price is refused and not believed. The age
 * is that of the file's last change.
 *
 * @param pointer RFC 6901; `''` for a number alone
 * @param wallMs milliseconds since 1970
 * @throws FeedError `bad-address`
 * @example
 * createFileFeed('/var/lib/price.json', '/btt/usd')
 */
export function createFileFeed(path: string, pointer: string, wallMs: () => number): PriceFeed {
  const steps = parsePointer(pointer)
  if (steps === undefined) throw new FeedError('bad-address', `"${pointer}" is no JSON pointer, like /btt/usd`)
  return {
    name: `file:${path}${pointer === '' ? '' : `#${pointer}`}`,
    read: (signal) => readFile(path, steps, wallMs, signal),
  }
}

async function readFile(
  path: string,
  steps: readonly string[],
  wallMs: () => number,
  signal: AbortSignal,
): Promise<PriceReading> {
  const { bytes, changedMs } = await snapshot(path)
  if (signal.aborted) throw new FeedError('unreachable', `reading ${path} was broken off`)
  if (steps.length === 0 && bytes.at(-1) !== newline) {
    throw new FeedError('bad-reply', `${path}: a number alone must end in a newline, or it may be half written`)
  }
  const rate = decodePrice(bytes, steps)
  if (!rate.ok) throw new FeedError('bad-reply', `${path}: ${rate.error}`)
  return { rate: rate.value, ageMs: Math.max(0, wallMs() - changedMs) }
}

/** All of the file from one handle: a rename in between changes nothing, a write in between is noticed. */
async function snapshot(path: string): Promise<{ readonly bytes: Uint8Array; readonly changedMs: number }> {
  try {
    const file = await open(path, 'r')
    try {
      const before = await file.stat()
      if (!before.isFile()) throw new FeedError('bad-reply', `${path} is no file`)
      if (before.size > priceDocumentBytesMax) {
        throw new FeedError('bad-reply', `${path} has more than ${priceDocumentBytesMax} bytes`)
      }
      const bytes = new Uint8Array(before.size)
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
      const after = await file.stat()
      if (bytesRead !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
        throw new FeedError('bad-reply', `${path} changed while it was read`)
      }
      return { bytes, changedMs: before.mtimeMs }
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (cause instanceof FeedError) throw cause
    throw new FeedError('unreachable', `${path} cannot be read: ${messageOf(cause)}`, { cause })
  }
}
