// Writes pieces of the torrent that a JSON file describes and prints the number of each verified one. The test that
// starts it kills it in the middle.

import { readFileSync, writeSync } from 'node:fs'
import { openStorage } from '../dist/index.js'

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const content = Buffer.from(job.content, 'base64')
const info = { ...job.info, pieceHashes: Buffer.from(job.info.pieceHashes, 'base64') }
const { pieceLength, pieceCount } = info
let next = job.first

const events = {
  onVerified(piece) {
    writeSync(1, `${piece}\n`)
    storage.release(piece)
    setImmediate(feed)
  },
  onFailed: () => process.exit(2),
  onFetched: () => {},
  onError: () => process.exit(3),
}
const options = { info, infoHash: Buffer.from(job.infoHash, 'base64'), folder: job.folder, mode: 'leech' }
const storage = await openStorage({ ...options, memoryBytes: 2 * pieceLength, saveBytes: job.saveBytes }, { events })
setInterval(() => {}, 1000)
feed()

function feed() {
  if (next >= pieceCount) return
  const memory = storage.acquire(next)
  if (memory === undefined) return
  memory.set(content.subarray(next * pieceLength, (next + 1) * pieceLength))
  storage.commit(next++)
}
