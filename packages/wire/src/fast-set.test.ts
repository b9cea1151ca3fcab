import { describe, expect, it } from 'vitest'
import { allowedFastSet } from './fast-set.ts'

const infoHash = new Uint8Array(20).fill(0xaa)

describe('the allowed-fast set (BEP 6)', () => {
  it("is the specification's own example", () => {
    expect(allowedFastSet(infoHash, '80.4.4.200', 1313, 7)).toEqual([1059, 431, 808, 1217, 287, 376, 1188])
    expect(allowedFastSet(infoHash, '80.4.4.200', 1313, 9)).toEqual([1059, 431, 808, 1217, 287, 376, 1188, 353, 508])
  })

  it('is the same for a whole network, all pieces of a tiny torrent, and empty for a host name', () => {
    expect(allowedFastSet(infoHash, '80.4.4.1', 1313)).toEqual(allowedFastSet(infoHash, '80.4.4.200', 1313))
    expect(allowedFastSet(infoHash, '2001:db8::1', 1313)).toEqual(allowedFastSet(infoHash, '2001:db8::2:2', 1313))
    expect([...allowedFastSet(infoHash, '80.4.4.200', 3)].sort()).toEqual([0, 1, 2])
    expect(allowedFastSet(infoHash, 'peer.example', 1313)).toEqual([])
  })
})
