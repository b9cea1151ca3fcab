import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canUseGeth, Geth } from '../../../testing/geth.ts'
import { suiteCommon, suiteGenesis } from '../../../testing/history.ts'
import { startChain } from '../../chain.ts'
import { memoryStore } from '../../store/store.ts'
import { embeddedEngine } from '../engine.ts'
import { authorization, readSecret } from './jwt.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-open-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

describe('the token', () => {
  test('is signed as RFC 7515 says, and carries the second', () => {
    // Computed apart from this code: printf of the two parts through openssl dgst -sha256 -mac HMAC.
    const token = authorization(new Uint8Array(32).fill(0x11), 1_700_000_000.9)
    expect(token).toBe(
      'Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpYXQiOjE3MDAwMDAwMDB9.0bsHxYIRfvNN8zBr-xluzbY37bIxsIO9jN9Ik11KWC4',
    )
  })

  test.each([
    ['too short', '11'.repeat(31)],
    ['no hex', 'zz'.repeat(32)],
    ['empty', ''],
  ])('of a secret that is %s is none', (name, text) => {
    expect(() => readSecret(write(`${name}.hex`, text))).toThrow('expected 64 hex digits')
  })

  test('has its secret with and without 0x', () => {
    const secret = new Uint8Array(32).fill(0xab)
    expect(readSecret(write('plain.hex', 'ab'.repeat(32)))).toEqual(secret)
    expect(readSecret(write('prefixed.hex', `0x${'AB'.repeat(32)}\n`))).toEqual(secret)
    expect(() => readSecret(join(folder, 'nowhere'))).toThrow('can’t be read'.replace('’', "'"))
  })
})

describe.skipIf(!canUseGeth())('a geth that does not fit is refused', { timeout: 60_000 }, () => {
  let geth: Geth
  beforeAll(async () => {
    geth = await Geth.start(suiteGenesis)
  }, 60_000)
  afterAll(() => geth?.remove())

  const refusal = (remote: object, genesis = suiteGenesis) =>
    startChain({
      genesis,
      blockTime: { kind: 'interval', seconds: 1 },
      rpc: { host: '127.0.0.1', port: 0 },
      remote: { engineUrl: geth.url, secretFile: geth.secretFile, ...remote },
    }).then(
      async (node) => {
        await node.close()
        return 'started'
      },
      ({ code, message }: { code: string; message: string }) => `${code}: ${message}`,
    )

  test('with another secret', async () => {
    const secretFile = write('other.hex', '11'.repeat(32))
    expect(await refusal({ secretFile })).toContain('engine-unfit: http://127.0.0.1')
  })

  test('with nobody there', async () => {
    expect(await refusal({ engineUrl: 'http://127.0.0.1:9' })).toContain('engine-unreachable')
  })

  test('with another JSON-RPC there', async () => {
    expect(await refusal({ engineUrl: geth.rpcUrl })).toContain('engine_exchangeCapabilities')
  })

  test('with another block 0', async () => {
    const { hash } = (
      await embeddedEngine({ common: suiteCommon, store: memoryStore(), genesis: suiteGenesis }).genesis(suiteGenesis)
    ).block
    const found = await refusal({}, { ...suiteGenesis, extraData: '0x1234' })
    expect(found).toContain(`its block 0 is ${hash}`)
  })

  test('with another chain id', async () => {
    expect(await refusal({}, { ...suiteGenesis, chainId: 19_991 })).toContain('its chain id is 19990; expected 19991')
  })

  test('with a cap on the gas of calls', async () => {
    const capped = await Geth.start(suiteGenesis, { more: ['--rpc.gascap', '1000000'] })
    try {
      expect(await refusal({ engineUrl: capped.url, secretFile: capped.secretFile })).toContain('--rpc.gascap 0')
    } finally {
      await capped.remove()
    }
  })
})
