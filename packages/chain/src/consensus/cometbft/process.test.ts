/** The supervisor with a program in cometbft's place that does nothing but run: real processes, real signals. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defined, silentLogger } from '@millrace/base'
import { afterAll, expect, test, vi } from 'vitest'
import { startCometBft } from './process.ts'

const home = mkdtempSync(join(tmpdir(), 'millrace-process-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const binary = join(home, 'idle')
writeFileSync(
  binary,
  '#!/usr/bin/env node\nconsole.log(process.argv.slice(2).join(" "))\nsetInterval(() => {}, 1000)\n',
  { mode: 0o755 },
)

const start = () => startCometBft({ binary, home, abciPath: '/abci.sock', logger: silentLogger })
const log = () => readFileSync(join(home, 'cometbft.log'), 'utf8').trim().split('\n')
const eventually = (look: () => void) => vi.waitFor(look, { timeout: 30_000, interval: 20 })

test('a process that dies is started again, one that a killed node left behind is ended, and stop ends the last', async () => {
  const first = await start()
  const pid = defined(first.pid(), 'a running process')
  await eventually(() =>
    expect(log()).toEqual([`start --home ${home} --proxy_app unix:///abci.sock --rpc.laddr `.trim()]),
  )
  process.kill(pid, 'SIGKILL')
  await eventually(() => expect(first.pid()).not.toBeOneOf([pid, undefined]))
  await eventually(() => expect(log()).toHaveLength(2))

  // What a killed node leaves: a process on this home, and its number in the file.
  const orphan = defined(first.pid(), 'the second process')
  const second = await start()
  await eventually(() => expect(existsSync(`/proc/${orphan}`)).toBe(false))
  await first.stop()
  const last = defined(second.pid(), 'the third process')
  expect(last).not.toBe(orphan)
  await second.stop()
  expect(existsSync(`/proc/${last}`)).toBe(false)
})

test('a number that belongs to another process by now is left alone', async () => {
  writeFileSync(join(home, 'cometbft.pid'), `${process.pid}\n`)
  const started = await start()
  expect(started.pid()).toBeGreaterThan(0)
  await started.stop()
})
