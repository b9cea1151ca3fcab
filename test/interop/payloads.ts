/** What is transferred: torrents of other projects where they lie beside the repo, and a large one made here. */

import { cpSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { writeRandomFile, writeTorrent } from '../support/content.ts'
import { conformanceFolder, hasConformanceData } from '../support/skips.ts'

export interface Payload {
  readonly name: string
  readonly bytes: number
  readonly content: string
  readonly torrent: Buffer
  readonly infoHash: string
}

const borrowed = [
  ['alice', 'alice.txt', 163_783, '722fe65b2aa26d14f35b4ad627d20236e481d924'],
  ['leaves', 'Leaves of Grass by Walt Whitman.epub', 362_017, 'd2474e86c95b19b8bcfdb92bc12c9d44667cfa36'],
  ['numbers', 'numbers', 6, '89d97c2261a21b040cf11caa661a3ba7233bb7e6'],
  ['lots-of-numbers', 'lots-of-numbers', 12, '114ead6243792ba56297edbb9a78dfba84d4fc00'],
] as const

const largeBytes = 256 << 20
const smallBytes = 300_001

export const payloadNames: readonly string[] = [
  ...(hasConformanceData ? borrowed.map(([name]) => name) : ['small']),
  'large',
]

/** Puts a payload and its torrent below `folder`. */
export function makePayload(name: string, folder: string): Payload {
  const known = borrowed.find(([borrowedName]) => borrowedName === name)
  if (known === undefined) return makeOwn(name, folder, name === 'large' ? largeBytes : smallBytes)
  const [, fileName, bytes, infoHash] = known
  const content = path.join(folder, fileName)
  // A copy: some clients write their own files beside what they seed.
  cpSync(path.join(conformanceFolder, 'content', fileName), content, { recursive: true })
  const torrent = readFileSync(path.join(conformanceFolder, 'torrents', `webtorrent-fixtures-${name}.torrent`))
  return { name, bytes, content, torrent, infoHash }
}

function makeOwn(name: string, folder: string, bytes: number): Payload {
  const content = path.join(folder, `${name}.bin`)
  writeRandomFile(content, bytes, bytes)
  const file = path.join(folder, `${name}.torrent`)
  const infoHash = writeTorrent(file, content, { pieceLength: bytes > 1 << 24 ? 1 << 18 : 1 << 14 })
  return { name, bytes, content, torrent: readFileSync(file), infoHash }
}
