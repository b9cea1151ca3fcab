/** Payloads: random by seed, compared byte for byte, and a minimal .torrent writer that shares no code with ours. */

import { createCipheriv, createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const chunkBytes = 1 << 20

/** A folder in memory where the machine has one, else in the usual place. Remove it with `removeFolder`. */
export function temporaryFolder(name: string): string {
  return mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `millrace-${name}-`))
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

/** Writes `bytes` pseudo-random bytes: the same for the same seed, on any machine. */
export function writeRandomFile(file: string, bytes: number, seed: number): void {
  mkdirSync(path.dirname(file), { recursive: true })
  const key = createHash('sha256').update(`millrace ${seed}`).digest()
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  const zeros = Buffer.alloc(chunkBytes)
  const descriptor = openSync(file, 'w')
  try {
    for (let left = bytes; left > 0; left -= chunkBytes) {
      writeSync(descriptor, stream.update(zeros.subarray(0, Math.min(left, chunkBytes))))
    }
  } finally {
    closeSync(descriptor)
  }
}

/** Relative paths of all files under `folder`, or [''] when it is itself a file. */
export function filesUnder(folder: string): string[] {
  if (statSync(folder).isFile()) return ['']
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(path.join(folder, name)).isFile())
    .sort()
}

/** Compares every byte of what was sent with what came; the answer says the first difference. */
export function firstDifference(sent: string, received: string): string | undefined {
  if (!existsSync(received)) return `${path.basename(received)} is missing`
  for (const name of filesUnder(sent)) {
    const difference = fileDifference(path.join(sent, name), path.join(received, name))
    if (difference !== undefined) return `${name || path.basename(sent)}: ${difference}`
  }
  return undefined
}

function fileDifference(sent: string, received: string): string | undefined {
  if (!existsSync(received)) return 'missing'
  const [size, other] = [statSync(sent).size, statSync(received).size]
  if (size !== other) return `${other} bytes instead of ${size}`
  const descriptors = [openSync(sent, 'r'), openSync(received, 'r')] as const
  const buffers = [Buffer.alloc(chunkBytes), Buffer.alloc(chunkBytes)] as const
  try {
    for (let at = 0; at < size; at += chunkBytes) {
      readSync(descriptors[0], buffers[0], 0, chunkBytes, at)
      readSync(descriptors[1], buffers[1], 0, chunkBytes, at)
      if (!buffers[0].equals(buffers[1])) return `differs in the MiB at ${at}`
    }
  } finally {
    closeSync(descriptors[0])
    closeSync(descriptors[1])
  }
  return undefined
}

export interface TorrentOptions {
  readonly pieceLength: number
  readonly tracker?: string
}

/** Writes a v1 torrent of one file next to nothing: plain BEP 3. Gives its info-hash in hex. */
export function writeTorrent(torrent: string, content: string, options: TorrentOptions): string {
  const size = statSync(content).size
  const hashes: Buffer[] = []
  const descriptor = openSync(content, 'r')
  const piece = Buffer.alloc(options.pieceLength)
  try {
    for (let at = 0; at < size; at += options.pieceLength) {
      const read = readSync(descriptor, piece, 0, options.pieceLength, at)
      hashes.push(createHash('sha1').update(piece.subarray(0, read)).digest())
    }
  } finally {
    closeSync(descriptor)
  }
  const name = Buffer.from(path.basename(content))
  const pieces = Buffer.concat(hashes)
  const info = Buffer.concat([
    Buffer.from(`d6:lengthi${size}e4:name${name.length}:`),
    name,
    Buffer.from(`12:piece lengthi${options.pieceLength}e6:pieces${pieces.length}:`),
    pieces,
    Buffer.from('e'),
  ])
  const announce = options.tracker === undefined ? '' : bencodedTracker(options.tracker)
  writeFileSync(torrent, Buffer.concat([Buffer.from(`d${announce}4:info`), info, Buffer.from('e')]))
  return createHash('sha1').update(info).digest('hex')
}

/** A copy of a torrent without trackers that names one: `announce` sorts before every key those have. */
export function withTracker(torrent: Buffer, tracker: string): Buffer {
  return Buffer.concat([Buffer.from(`d${bencodedTracker(tracker)}`), torrent.subarray(1)])
}

function bencodedTracker(tracker: string): string {
  return `8:announce${Buffer.byteLength(tracker)}:${tracker}`
}
