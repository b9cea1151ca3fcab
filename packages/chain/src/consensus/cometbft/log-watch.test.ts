import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { watchLog } from './log-watch.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'cometbft.log')

test('the words are seen once, with what follows them, also where a look has cut them, and not in what was there before', () => {
  writeFileSync(path, 'CONSENSUS FAILURE!!! of an earlier run\n')
  const { stopCause } = watchLog(path)
  expect(stopCause()).toBeUndefined()
  appendFileSync(path, 'committed block 1\nCONSENSUS FAIL')
  expect(stopCause()).toBeUndefined()
  appendFileSync(path, 'URE!!!  err="an invalid block" stack="goroutine 1"\nstopped\n')
  expect(stopCause()).toBe('err="an invalid block"')
  expect(stopCause()).toBeUndefined()
  // A log that is rotated by copying it and cutting it short.
  writeFileSync(path, 'CONSENSUS FAILURE!!! again')
  expect(stopCause()).toBe('again')
})
