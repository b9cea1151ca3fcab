/** The cometbft process beside the node: started, watched, started again when it dies, ended with the node. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { errnoOf, type Logger, messageOf } from '@millrace/base'
import { ChainError } from '../../errors.ts'

export interface CometBftOptions {
  readonly binary: string
  readonly home: string
  /** Where the application listens. */
  readonly abciPath: string
  /** Where its own RPC answers, host:port. Absent: nowhere. */
  readonly rpcListen?: string | undefined
  readonly logger: Logger
}

export interface CometBft {
  /** The process that runs now, for those who want to see it. */
  pid(): number | undefined
  stop(): Promise<void>
}

/** Long enough for the locks of a killed one to go. */
const restartDelayMs = 1_000
/** CometBFT writes its state and ends; if not, it is killed, which it survives by its log. */
const stopWaitMs = 10_000

/** Starts cometbft on `home`, after ending one that a killed node left behind there. */
export async function startCometBft(options: CometBftOptions): Promise<CometBft> {
  const { binary, home, abciPath, rpcListen, logger } = options
  await endLeftBehind(home)
  let child: ChildProcess | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  const start = (): void => {
    const log = openLog(join(home, 'cometbft.log'))
    // Whoever asks for the chain asks this node; its own RPC is for the light clients of nodes that join.
    const rpcFlag = rpcListen === undefined ? '' : `tcp://${rpcListen}`
    const flags = ['--home', home, '--proxy_app', `unix://${abciPath}`, '--rpc.laddr', rpcFlag]
    child = spawn(binary, ['start', ...flags], { stdio: ['ignore', log, log] })
    closeSync(log)
    if (child.pid !== undefined) writeFileSync(join(home, pidName), `${child.pid}\n`)
    child.once('error', (cause) => logger.log('error', 'cometbft can’t be started', { cause: messageOf(cause) }))
    child.once('exit', (code, signal) => {
      child = undefined
      if (stopped) return
      logger.log('warn', 'cometbft ended; it is started again', {
        code: code ?? 'none',
        signal: signal ?? 'none',
        log: join(home, 'cometbft.log'),
      })
      timer = setTimeout(start, restartDelayMs)
    })
  }

  start()
  return {
    pid: () => child?.pid,
    async stop() {
      stopped = true
      clearTimeout(timer)
      const running = child
      if (running === undefined || running.pid === undefined) return
      const ended = once(running, 'exit')
      running.kill('SIGTERM')
      const kill = setTimeout(() => running.kill('SIGKILL'), stopWaitMs)
      await ended
      clearTimeout(kill)
    },
  }
}

const pidName = 'cometbft.pid'
const pollMs = 50

/**
 * A cometbft whose node was killed ends by itself, except while it starts: then it waits for a node, holds the locks of the
 * home, and would answer to the next one without being its child.
 */
async function endLeftBehind(home: string): Promise<void> {
  const pid = readText(join(home, pidName))?.trim()
  if (pid === undefined || !/^[1-9]\d{0,9}$/.test(pid)) return
  // The number may be another process's by now: only one that runs on this very home is ended.
  const isOurs = () => readText(`/proc/${pid}/cmdline`)?.split('\0').includes(home) === true
  for (let waitedMs = 0; isOurs(); waitedMs += pollMs) {
    if (waitedMs === 0) kill(Number(pid))
    if (waitedMs > stopWaitMs)
      throw new ChainError('bad-option', `cometbft ${pid} on ${home} can't be ended: end it first`)
    await delay(pollMs)
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (thrown) {
    // It ended between the look and the kill: what was wanted.
    if (errnoOf(thrown) !== 'ESRCH') throw thrown
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function openLog(path: string): number {
  try {
    return openSync(path, 'a', 0o600)
  } catch (cause) {
    throw new ChainError(
      'bad-option',
      `${path} can't be written: ${messageOf(cause)}; make the folder with chain init`,
      { cause },
    )
  }
}
