import { fromHex, toHex } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { decodeHandshake, encodeHandshake, HandshakeReader } from './handshake.ts'

const infoHash = Uint8Array.from({ length: 20 }, (_, i) => i)
const peerId = Uint8Array.from({ length: 20 }, (_, i) => 100 + i)
const plain = { infoHash, peerId, fast: true, extended: true, dht: false }

describe('the handshake', () => {
  it('has the bytes of BEP 3 with the bits of BEP 6 and 10', () => {
    expect(toHex(encodeHandshake(plain))).toBe(
      `13426974546f7272656e742070726f746f636f6c0000000000100004${toHex(infoHash)}${toHex(peerId)}`,
    )
    expect(encodeHandshake({ ...plain, fast: false, extended: false, dht: true })[27]).toBe(1)
  })

  it('is read back, unknown reserved bits included', () => {
    const reserved = fromHex('8000000000100005') ?? new Uint8Array(0)
    const bytes = encodeHandshake({ ...plain, dht: true, reserved })
    const decoded = decodeHandshake(bytes)
    expect(decoded).toEqual({ ok: true, value: { ...plain, dht: true, reserved } })
    expect(decoded.ok && encodeHandshake(decoded.value)).toEqual(bytes)
  })

  it('is gathered from any splits, and what follows is left', () => {
    const bytes = new Uint8Array([...encodeHandshake(plain), 1, 2, 3])
    for (let split = 0; split <= 68; split++) {
      const reader = new HandshakeReader()
      const first = reader.push(bytes, split)
      if (split === 68) {
        expect(first).toMatchObject({ state: 'done', consumed: 68, handshake: plain })
        continue
      }
      expect(first).toEqual({ state: 'more' })
      const rest = bytes.subarray(split)
      expect(reader.push(rest, rest.length)).toMatchObject({ state: 'done', consumed: 68 - split, handshake: plain })
    }
  })

  it('refuses a foreign protocol at its first wrong byte, and a wrong length', () => {
    const http = new TextEncoder().encode('GET / HTTP/1.1\r\n')
    expect(new HandshakeReader().push(http, 1)).toMatchObject({ state: 'fault', fault: { code: 'bad-handshake' } })
    expect(decodeHandshake(encodeHandshake(plain).subarray(1))).toMatchObject({
      ok: false,
      error: { kind: 'wire', code: 'bad-handshake' },
    })
  })
})
