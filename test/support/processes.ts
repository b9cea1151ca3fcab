/** Processes a test starts: each is known by its own pid, read line by line, and ended by the test that started it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** How long a process may take to end after SIGTERM before it is killed. */
const graceMilliseconds = 15_000
const pollMilliseconds = 20

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface StartOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A started process. `out` and `err` grow as it prints. */
export class Running {
  readonly command: string
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  readonly out: string[] = []
  readonly err: string[] = []
  isOver = false

  constructor(command: string, args: readonly string[], options: StartOptions) {
    this.command = [command, ...args].join(' ')
    this.child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.child.stdin?.end()
    for (const [stream, lines] of [
      [this.child.stdout, this.out],
      [this.child.stderr, this.err],
    ] as const) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => lines.push(line))
    }
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject)
      this.child.once('close', (code, signal) => {
        this.isOver = true
        resolve({ code, signal })
      })
    })
    this.ended.catch(() => undefined)
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`did not start: ${this.command}`)
    return this.child.pid
  }

  /** Everything it printed, for messages. */
  get printed(): string {
    return [`$ ${this.command}`, ...this.out.slice(-40), ...this.err.slice(-40)].join('\n')
  }

  /** Its end, or a failure that shows what it printed. */
  async end(timeoutMilliseconds: number): Promise<Ended> {
    const timer = new AbortController()
    const late = once(AbortSignal.any([timer.signal, AbortSignal.timeout(timeoutMilliseconds)]), 'abort')
    try {
      const ended = await Promise.race([this.ended, late])
      if ('code' in ended) return ended
      throw new Error(`still running after ${timeoutMilliseconds} ms: ${this.printed}`)
    } finally {
      timer.abort()
    }
  }

  /** The last JSON object that it printed on stdout, which must have ended. */
  json<Shape>(): Shape {
    const text = this.out.join('\n')
    try {
      // The test names the documented shape of what the command prints, and asserts its values.
      return JSON.parse(text.startsWith('{') && !this.out[0]?.endsWith('}') ? text : (this.out.at(-1) ?? '')) as Shape
    } catch {
      throw new Error(`no JSON on stdout: ${this.printed}`)
    }
  }

  /** Sends a signal and waits for the end; SIGKILL when it does not listen. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    if (!this.isOver) this.child.kill(signal)
    const timer = setTimeout(() => this.child.kill('SIGKILL'), graceMilliseconds)
    try {
      return await this.ended
    } finally {
      clearTimeout(timer)
    }
  }
}

const alive = new Set<Running>()
process.once('exit', () => {
  for (const running of alive) running.child.kill('SIGKILL')
})

export function start(command: string, args: readonly string[], options: StartOptions = {}): Running {
  const running = new Running(command, args, options)
  alive.add(running)
  running.ended.then(
    () => alive.delete(running),
    () => alive.delete(running),
  )
  return running
}

/** Ends every process that this file's tests started and that still runs. */
export async function stopAll(): Promise<void> {
  await Promise.all([...alive].map((running) => running.stop('SIGKILL')))
}

export async function run(command: string, args: readonly string[], timeoutMilliseconds = 60_000): Promise<Running> {
  const running = start(command, args)
  await running.end(timeoutMilliseconds)
  return running
}

/** Asks until the answer is not undefined or false. The deadline is a failure, never the normal end. */
export async function eventually<Answer>(
  what: string,
  timeoutMilliseconds: number,
  ask: () => Answer | undefined | false | Promise<Answer | undefined | false>,
): Promise<Answer> {
  const deadline = performance.now() + timeoutMilliseconds
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMilliseconds} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds))
  }
}
