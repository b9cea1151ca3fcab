/** Content to hand out: the user's own, or bytes that do not compress, made quickly. */

import { createCipheriv, randomBytes } from 'node:crypto'
import { mkdir, open, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { bytesPerMiB } from '@millrace/base'

/** Writes `bytes` random bytes to `path`, and the folders on its way. */
export async function writePayload(path: string, bytes: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const stream = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16))
  const zeros = Buffer.alloc(bytesPerMiB)
  const file = await open(path, 'w')
  try {
    for (let left = bytes; left > 0; left -= bytesPerMiB) await file.write(stream.update(zeros.subarray(0, left)))
  } finally {
    await file.close()
  }
}

/** Bytes of a file, or of all files below a folder. */
export async function contentSize(path: string): Promise<number> {
  const stats = await stat(path)
  if (!stats.isDirectory()) return stats.size
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
