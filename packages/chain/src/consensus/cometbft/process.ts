/** The cometbft process beside the node: started, watched, started again when it dies, ended with the node. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { type Logger, messageOf } from '@millrace/base'
import { ChainError } from '../../errors.ts'

export interface CometBftOptions {
  readonly binary: string
  readonly home: string
  /** Where the application listens. */
  readonly abciPath: string
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

export function startCometBft({ binary, home, abciPath, logger }: CometBftOptions): CometBft {
  let child: ChildProcess | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  const start = (): void => {
    const log = openLog(join(home, 'cometbft.log'))
    // No RPC of its own: whoever asks for the chain asks this node.
    const flags = ['--home', home, '--proxy_app', `unix://${abciPath}`, '--rpc.laddr', '']
    child = spawn(binary, ['start', ...flags], { stdio: ['ignore', log, log] })
    closeSync(log)
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
