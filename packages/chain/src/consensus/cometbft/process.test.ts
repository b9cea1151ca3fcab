/** The supervisor with a program in cometbft's place that does nothing but run: real processes, real signals. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defined, silentLogger } from '@millrace/base'
import { afterAll, expect, test, vi } from 'vitest'
import { ChainError } from '../../errors.ts'
import { startCometBft } from './process.ts'

const home = mkdtempSync(join(tmpdir(), 'millrace-process-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const binary = program('idle', 'console.log(process.argv.slice(2).join(" "))\nsetInterval(() => {}, 1000)')

const common = { home, abciPath: join(home, 'abci.sock'), logger: silentLogger, height: () => 0 }
const never = (error: Error) => {
  throw error
}
const start = () => startCometBft({ ...common, binary, onFailed: never })
function program(name: string, code: string): string {
  const path = join(home, name)
  writeFileSync(path, `#!/usr/bin/env node\n${code}\n`, { mode: 0o755 })
  return path
}
const log = () => readFileSync(join(home, 'cometbft.log'), 'utf8').trim().split('\n')
const eventually = (look: () => void) => vi.waitFor(look, { timeout: 30_000, interval: 20 })

test('a process that dies is started again, one that a killed node left behind is ended, and stop ends the last', async () => {
  const first = await start()
  const pid = defined(first.pid(), 'a running process')
  await eventually(() =>
    expect(log()).toEqual([`start --home ${home} --proxy_app unix://${home}/abci.sock --rpc.laddr unix://rpc.sock`]),
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

test('a restart ends the process in order and prepares the next one when it is gone', async () => {
  const left: boolean[] = []
  const prepare = () => left.push(pid !== undefined && existsSync(`/proc/${pid}`))
  let pid: number | undefined
  // It takes a while: whoever started another meanwhile would have two on one home.
  const slow = `
    process.on('SIGTERM', () => setTimeout(() => { console.log('in order'); process.exit(0) }, 300))
    setInterval(() => {}, 1000)
    console.log('up')`
  const started = await startCometBft({ ...common, binary: program('slow', slow), prepare, onFailed: never })
  pid = defined(started.pid(), 'a running process')
  await eventually(() => expect(log().at(-1)).toBe('up'))
  started.restart()
  started.restart()
  await eventually(() => expect(started.pid()).not.toBeOneOf([pid, undefined]))
  await eventually(() => expect(log().slice(-3)).toEqual(['up', 'in order', 'up']))
  expect(left, 'once a start, with no process left').toEqual([false, false])
  await started.stop()
})

test('what can’t be prepared is thrown by the start, and told of by a later one', async () => {
  const fault = new ChainError('bad-option', 'no key')
  let isBroken = true
  const prepare = () => {
    if (isBroken) throw fault
  }
  await expect(startCometBft({ ...common, binary, prepare, onFailed: never })).rejects.toBe(fault)
  isBroken = false
  const failed = await new Promise<Error>((resolve, reject) => {
    startCometBft({ ...common, binary, prepare, onFailed: resolve }).then((started) => {
      isBroken = true
      started.restart()
    }, reject)
  })
  expect(failed).toBe(fault)
})

test('a number that belongs to another process by now is left alone', async () => {
  writeFileSync(join(home, 'cometbft.pid'), `${process.pid}\n`)
  const started = await start()
  expect(started.pid()).toBeGreaterThan(0)
  await started.stop()
})

const untilFailed = (binary: string, height = () => 0) =>
  new Promise<Error>((resolve, reject) => {
    startCometBft({ ...common, binary, height, onFailed: resolve }).catch(reject)
  })

test('one that ends by itself again and again at one height is given up, with the reason where to look', {
  timeout: 60_000,
}, async () => {
  const starts = () => log().filter((line) => line === 'started').length
  const before = starts()
  const error = await untilFailed(program('ending', 'console.log("started")'), () => 7)
  expect(error).toMatchObject({ code: 'consensus-failed' })
  expect(error.message).toBe(`cometbft ended 5 times at height 7: expected a block; ${home}/cometbft.log says why`)
  expect(starts() - before).toBe(5)
})

test('one whose consensus has stopped while it runs on is ended and started again', { timeout: 60_000 }, async () => {
  const stopping = program('stopping', 'console.log("CONSENSUS FAILURE!!! by test")\nsetInterval(() => {}, 1000)')
  const started = await startCometBft({ ...common, binary: stopping, onFailed: never })
  const pid = started.pid()
  await eventually(() => expect(started.pid()).not.toBeOneOf([pid, undefined]))
  await started.stop()
})

test('one that can’t be started is told of', async () => {
  const error = await untilFailed(join(home, 'nothing'))
  expect(error).toMatchObject({ code: 'consensus-failed' })
  expect(error.message).toContain(`${home}/nothing can't be started`)
})
