/** Copies 16 KiB blocks behind 13-byte headers into shared memory, by `set` and by `copyShared`. Run the compiled file. */

import { copyShared } from './copy-shared.ts'

const blockBytes = 16_384
const blocks = 131_072
const target = new Uint8Array(new SharedArrayBuffer(64 * 1_048_576))
const source = new Uint8Array(1_048_576).fill(3)

function megabytesPerSecond(copy: (at: number, start: number) => void): number {
  const began = performance.now()
  for (let block = 0; block < blocks; block++) {
    copy(
      (block * blockBytes) % (target.length - blockBytes),
      (block * (blockBytes + 13)) % (source.length - blockBytes),
    )
  }
  return Math.round((blocks * blockBytes) / (performance.now() - began) / 1000)
}

for (let round = 0; round < 3; round++) {
  const bySet = megabytesPerSecond((at, start) => target.set(source.subarray(start, start + blockBytes), at))
  const byFill = megabytesPerSecond((at, start) => copyShared(target, at, source, start, start + blockBytes))
  console.log(`set ${bySet} MB/s, copyShared ${byFill} MB/s`)
}
