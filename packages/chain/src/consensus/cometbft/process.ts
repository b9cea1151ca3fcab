/** The cometbft process beside the node: started, watched, started again when it dies, ended with the node. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { errnoOf, type Logger, messageOf } from '@millrace/base'
import { ChainError } from '../../errors.ts'
import { watchLog } from './log-watch.ts'
import { ownRpcName } from './own-rpc.ts'

export interface CometBftOptions {
  readonly binary: string
  readonly home: string
  /** Where the application listens. */
  readonly abciPath: string
  /** Where its own RPC answers others than this node, host:port. Absent: nowhere. */
  readonly rpcListen?: string | undefined
  readonly logger: Logger
  /** Called before each start, while none runs on the home. What it throws is told by onFailed, by startCometBft the first time. */
  readonly prepare?: (() => void) | undefined
  /** Height of the chain: whether it got on between two ends of the process. */
  readonly height: () => number
  /** Called once, when it is not started any more. */
  readonly onFailed: (error: ChainError) => void
}

export interface CometBft {
  /** The process that runs now, for those who want to see it. */
  pid(): number | undefined
  /** Ends the process in order, if one runs, and starts it anew at once, after `prepare`. */
  restart(): void
  stop(): Promise<void>
}

/** Long enough for the locks of a killed one to go. */
const restartDelayMs = 1_000
/** One that ends by itself so often, with no block in between, will not get better by another start. */
const failuresMax = 5
const logWatchMs = 1_000
/** CometBFT writes its state and ends; if not, it is killed, which it survives by its log. */
const stopWaitMs = 10_000

/** Starts cometbft on `home`, after ending one that a killed node left behind there. */
export async function startCometBft(options: CometBftOptions): Promise<CometBft> {
  const { binary, home, logger, height } = options
  await endLeftBehind(home)
  const logPath = join(home, logName)
  const failsEndlessly = failureCounter(height)
  let child: ChildProcess | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  /** Why we end the process that runs: its consensus has stopped, or somebody asked for another. */
  let ended: 'stopped' | 'asked' | undefined

  const fail = (error: ChainError): void => {
    if (stopped) return
    stopped = true
    watch.end()
    options.onFailed(error)
  }

  const start = (): void => {
    options.prepare?.()
    const started = spawnLogged(options)
    child = started
    started.once('error', (cause) => fail(notStarted(binary, cause)))
    started.once('exit', (code, signal) => {
      const why = ended
      child = ended = undefined
      if (stopped) return
      watch.skip() // what the one that has ended says of its end
      if (why !== 'asked') {
        // Who is killed has not failed, unless we did it because it had.
        if ((signal === null || why === 'stopped') && failsEndlessly()) return fail(endless(height(), logPath))
        const how = { code: code ?? 'none', signal: signal ?? 'none', log: logPath }
        logger.log('warn', 'cometbft ended; it is started again', how)
      }
      timer = setTimeout(startAgain, why === 'asked' && signal === null ? 0 : restartDelayMs)
    })
    if (started.pid !== undefined) writeFileSync(join(home, pidName), `${started.pid}\n`)
  }

  const startAgain = (): void => {
    try {
      start()
    } catch (thrown) {
      child?.kill('SIGKILL')
      fail(thrown instanceof ChainError ? thrown : notStarted(binary, thrown))
    }
  }

  start()
  const watch = watchConsensus(logPath, (cause) => {
    if (child === undefined) return
    logger.log('error', 'the consensus of cometbft has stopped; it is started again', { cause, log: logPath })
    ended = 'stopped'
    child.kill('SIGKILL')
  })
  return {
    pid: () => child?.pid,
    restart() {
      if (child?.pid === undefined || ended !== undefined) return
      ended = 'asked'
      void end(child)
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      watch.end()
      if (child?.pid !== undefined) await end(child)
    },
  }
}

/** Tells when the log says that consensus has stopped; what is skipped is not told of. */
function watchConsensus(logPath: string, onStopped: (cause: string) => void) {
  const log = watchLog(logPath)
  const timer = setInterval(() => {
    const cause = log.stopCause()
    if (cause !== undefined) onStopped(cause)
  }, logWatchMs)
  return { skip: () => void log.stopCause(), end: () => clearInterval(timer) }
}

const logName = 'cometbft.log'

function spawnLogged({ binary, home, abciPath, rpcListen }: CometBftOptions): ChildProcess {
  const log = openLog(join(home, logName))
  try {
    const cwd = dirname(abciPath)
    // A killed one leaves its socket behind, and nobody can listen where one lies.
    rmSync(join(cwd, ownRpcName), { force: true })
    // Whoever asks for the chain asks this node, and it asks there; the other place is for light clients of nodes that join.
    const places = [`unix://${ownRpcName}`, ...(rpcListen === undefined ? [] : [`tcp://${rpcListen}`])]
    const flags = ['--home', home, '--proxy_app', `unix://${abciPath}`, '--rpc.laddr', places.join(',')]
    return spawn(binary, ['start', ...flags], { cwd, stdio: ['ignore', log, log] })
  } finally {
    closeSync(log)
  }
}

async function end(running: ChildProcess): Promise<void> {
  const ended = once(running, 'exit')
  running.kill('SIGTERM')
  const kill = setTimeout(() => running.kill('SIGKILL'), stopWaitMs)
  await ended
  clearTimeout(kill)
}

/** Counts a failure, and says whether it is one too many at one height; a block begins anew. */
function failureCounter(height: () => number): () => boolean {
  let failures = { count: 0, height: height() }
  return () => {
    const now = height()
    failures = { count: now > failures.height ? 1 : failures.count + 1, height: now }
    return failures.count >= failuresMax
  }
}

function endless(height: number, logPath: string): ChainError {
  const message = `cometbft ended ${failuresMax} times at height ${height}: expected a block; ${logPath} says why`
  return new ChainError('consensus-failed', message)
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

function notStarted(binary: string, cause: unknown): ChainError {
  return new ChainError('consensus-failed', `${binary} can't be started: ${messageOf(cause)}`, { cause })
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
