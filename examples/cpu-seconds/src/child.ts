/** A process of a run: its events line by line, and its end. */

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { MillraceError } from '@millrace/base'

/** A process of the run ended as it should not. */
export class RunError extends MillraceError<'child-failed'> {
  override readonly name = 'RunError'
}

const lastLinesMax = 20

/** Owns the process. */
export class Child<Event extends { readonly event: string }> {
  readonly events: Event[] = []
  /** Resolves at exit code 0. */
  readonly ended: Promise<void>
  readonly #process: ChildProcess
  readonly #last: string[] = []
  readonly #waiting = new Map<string, (event: Event) => void>()

  constructor(script: string, args: readonly string[]) {
    this.#process = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const { stdout, stderr } = this.#process
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.#hear(line))
    if (stderr !== null) createInterface({ input: stderr }).on('line', (line) => this.#keep(line))
    this.ended = new Promise((resolve, reject) => {
      this.#process.once('error', reject)
      this.#process.once('close', (code, signal) => {
        if (code === 0) return resolve()
        const said = this.#last.join('\n')
        reject(new RunError('child-failed', `${args[0]} ended with ${code ?? signal}; it said:\n${said}`))
      })
    })
    this.ended.catch(() => {})
  }

  /** The first event of a kind, or the failure of the process. */
  async first<Kind extends Event['event']>(kind: Kind): Promise<Extract<Event, { readonly event: Kind }>> {
    const known = this.events.find(({ event }) => event === kind)
    // Chosen by its kind.
    return (known ?? (await this.#next(kind))) as Extract<Event, { readonly event: Kind }>
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): void {
    if (this.#process.exitCode === null) this.#process.kill(signal)
  }

  #next(kind: Event['event']): Promise<Event> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(kind, resolve)
      const said = (): string => this.#last.join('\n')
      this.ended.then(() => reject(new RunError('child-failed', `ended without ${kind}; it said:\n${said()}`)), reject)
    })
  }

  #hear(line: string): void {
    this.#keep(line)
    if (!line.startsWith('{')) return
    // Our own programs print these, as `events.ts` says.
    const event = JSON.parse(line) as Event
    this.events.push(event)
    this.#waiting.get(event.event)?.(event)
    this.#waiting.delete(event.event)
  }

  #keep(line: string): void {
    this.#last.push(line)
    if (this.#last.length > lastLinesMax) this.#last.shift()
  }
}
