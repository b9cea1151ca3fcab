/** One process of the demo: its events line by line, its last words, its end. */

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { MillraceError } from '@millrace/base'
import { type AnyEvent, parseEvent } from './events.ts'

const repository = new URL('../../../../', import.meta.url)
const program = fileURLToPath(new URL('bin/millrace.js', repository))
export const auditProgram = fileURLToPath(new URL('scripts/audit-money.js', repository))

/** Lines of stderr that are shown when a process fails. */
const lastWordsMax = 20

/** A process of the demo ended as it should not, or the demo stood still. */
export class DemoError extends MillraceError<'child-failed' | 'stalled' | 'interrupted'> {
  override readonly name = 'DemoError'
}

export interface ChildOptions<Event extends AnyEvent = AnyEvent> {
  readonly name: string
  readonly args: readonly string[]
  readonly onEvent?: (event: Event) => void
  /** Another script than the command line. */
  readonly script?: string
}

export class Child<Event extends AnyEvent = AnyEvent> {
  readonly name: string
  /** Everything on stdout that was no event. */
  readonly output: string[] = []
  /** The exit code; a signal's name when it was killed. */
  readonly ended: Promise<number | string>
  readonly #process: ChildProcess
  readonly #lastWords: string[] = []
  readonly #waiting = new Map<string, (event: Event) => void>()
  #hasEnded = false

  /** In a process group of its own: Ctrl-C in the terminal reaches the demo, which ends its children in order. */
  constructor({ name, args, onEvent, script }: ChildOptions<Event>) {
    this.name = name
    this.#process = spawn(process.execPath, [script ?? program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, NO_COLOR: '1' },
    })
    this.#read(this.#process.stdout, (line) => {
      const event = parseEvent<Event>(line)
      if (event === undefined) this.output.push(line)
      else this.#tell(event, onEvent)
    })
    this.#read(this.#process.stderr, (line) => {
      this.#lastWords.push(line)
      if (this.#lastWords.length > lastWordsMax) this.#lastWords.shift()
    })
    this.ended = new Promise((resolve, reject) => {
      this.#process.once('error', reject)
      this.#process.once('close', (code, signal) => {
        this.#hasEnded = true
        resolve(code ?? signal ?? 'unknown')
      })
    })
    this.ended.catch(() => {
      this.#hasEnded = true
    })
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** The next event of this kind. Never settles when the process ends before. */
  next<Kind extends Event['event']>(kind: Kind): Promise<Extract<Event, { readonly event: Kind }>> {
    return new Promise((resolve) => {
      // Told by its kind, so it is of that kind.
      this.#waiting.set(kind, (event) => resolve(event as Extract<Event, { readonly event: Kind }>))
    })
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.#hasEnded) this.#process.kill(signal)
  }

  /** Why it is to blame that the demo failed. */
  failure(code: number | string): DemoError {
    const words = this.#lastWords.map((line) => `  ${line}`).join('\n')
    return new DemoError('child-failed', `${this.name} ended with ${code}; it said:\n${words || '  nothing'}`)
  }

  #tell(event: Event, onEvent: ChildOptions<Event>['onEvent']): void {
    this.#waiting.get(event.event)?.(event)
    this.#waiting.delete(event.event)
    onEvent?.(event)
  }

  #read(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
    if (stream !== null) createInterface({ input: stream }).on('line', onLine)
  }
}
