/** The cases of ethereum/execution-apis, asked over HTTP of our JSON-RPC over their chain. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveForeignChain } from '../../packages/chain/testing/foreign-chain.ts'
import { conformanceFolder } from '../support/skips.ts'
import { differences, type IoCase, readCases } from './io-case.ts'

/** Case or method, and why this node answers otherwise on purpose. */
const exceptions: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('ethereum-rpc.exceptions.json', import.meta.url), 'utf8'),
)

/** Some seconds on an idle machine: 55 blocks, and the tests' own build. */
const importMs = 300_000

const folder = join(conformanceFolder, 'ethereum-rpc')
const present = existsSync(join(folder, 'chain.rlp'))
if (!present) console.log('skipped: JSON-RPC conformance, because ../shared/conformance/ethereum-rpc is not there')

it('has its exceptions in docs/json-rpc.md, each with its reason', () => {
  const page = readFileSync(new URL('../../docs/json-rpc.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, name, why]) => [name, why])
  expect(rows).toEqual(Object.entries(exceptions))
})

describe.skipIf(!present)('JSON-RPC over a chain of others', () => {
  const cases = present ? readCases(folder) : []
  let served: Awaited<ReturnType<typeof serveForeignChain>>
  beforeAll(async () => {
    const genesis = JSON.parse(readFileSync(join(folder, 'genesis.json'), 'utf8'))
    served = await serveForeignChain(genesis, new Uint8Array(readFileSync(join(folder, 'chain.rlp'))))
  }, importMs)
  afterAll(() => served?.close())

  const ask = async (request: string): Promise<unknown> => {
    const response = await fetch(served.url, { method: 'POST', body: request })
    return response.json()
  }
  const answered = async ({ exchanges, isShapeOnly }: IoCase) => {
    const found: string[] = []
    for (const { request, expected } of exchanges) found.push(...differences(expected, await ask(request), isShapeOnly))
    return found
  }

  it('executes to the head that its makers name', () => {
    const forkchoice = JSON.parse(readFileSync(join(folder, 'headfcu.json'), 'utf8'))
    expect(served.chain.head().hash).toBe(forkchoice.params[0].headBlockHash)
  })

  it('has an exception for none but known cases', () => {
    const known = new Set(cases.flatMap(({ name, method }) => [name, method]))
    expect(Object.keys(exceptions).filter((name) => !known.has(name))).toEqual([])
  })

  it.each(cases.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const found = await answered(one)
    const exception = exceptions[name] ?? exceptions[one.method]
    if (exception === undefined) expect(found).toEqual([])
    else expect(found, `the exception has had its day: ${exception}`).not.toEqual([])
  })
})
