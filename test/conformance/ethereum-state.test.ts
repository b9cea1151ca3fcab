/** State tests of ethereum/execution-spec-tests over our state store, rules and signature recovery. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runStateTest, type StateTest } from '../../packages/chain/testing/state-test.ts'
import { conformanceFolder } from '../support/skips.ts'

const folder = join(conformanceFolder, 'ethereum-state')
const present = existsSync(folder)
if (!present) console.log('skipped: EVM state tests, because ../shared/conformance/ethereum-state is not there')

/** Some seconds of arithmetic on an idle machine for the largest file. */
const fileMs = 300_000

describe.skipIf(!present)('state tests of others', () => {
  const files = present
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'))
    : []

  it.each(files)(
    '%s',
    async (file) => {
      // the file's shape is checked by the comparison of each test
      const tests = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, StateTest>
      let run = 0
      for (const [name, test] of Object.entries(tests)) {
        for (const [fork, posts] of Object.entries(test.post)) {
          for (const post of posts) {
            const { hash, logs, refusal } = await runStateTest(test, fork, post)
            expect({ name, hash, logs }).toEqual({ name, hash: post.hash, logs: post.logs })
            expect(refusal !== undefined, `${name}: ${refusal}`).toBe(post.expectException !== undefined)
            run++
          }
        }
      }
      expect(run).toBeGreaterThan(0)
    },
    fileMs,
  )
})
