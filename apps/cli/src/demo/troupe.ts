/** All processes of the demo. One that ends before its time fails the demo; none outlives it. */

import { Child, type ChildOptions, DemoError } from './child.ts'
import type { AnyEvent } from './events.ts'

const graceMilliseconds = 5_000

/** A child, whatever its events. */
type Process = Pick<Child, 'ended' | 'hasEnded' | 'kill' | 'failure'>

export class Troupe {
  readonly #children = new Set<Process>()
  readonly #leaving = new Set<Process>()
  readonly #onExit = (): void => this.#killAll()
  #isClosed = false
  #fail: (error: unknown) => void = () => {}
  /** Rejects when a process failed; never resolves. */
  readonly failed: Promise<never>

  constructor() {
    this.failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.failed.catch(() => {})
    process.once('exit', this.#onExit)
  }

  /** Starts a process that lives until it is told to end. */
  start<Event extends AnyEvent>(options: ChildOptions<Event>): Child<Event> {
    const child = this.#spawn(options)
    child.ended.then(
      (code) => this.#leaving.has(child) || this.#fail(child.failure(code)),
      (error: unknown) => this.#fail(error),
    )
    return child
  }

  /** Starts a process that ends by itself, with one of `codes`. */
  run<Event extends AnyEvent>(options: ChildOptions<Event>, codes: readonly (number | string)[] = [0]): Child<Event> {
    const child = this.#spawn(options)
    child.ended.then(
      (code) => codes.includes(code) || this.#leaving.has(child) || this.#fail(child.failure(code)),
      (error: unknown) => this.#fail(error),
    )
    return child
  }

  /** Asks a process to close in order; kills it when it does not. */
  async end(child: Process, milliseconds = graceMilliseconds): Promise<void> {
    this.#leaving.add(child)
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds)
    const code = await child.ended.catch(() => 0)
    clearTimeout(timer)
    if (code !== 0) throw child.failure(code)
  }

  /** Ends whatever runs still, in order when it can. */
  async close(): Promise<void> {
    this.#isClosed = true
    const running = [...this.#children].filter((child) => !child.hasEnded)
    await Promise.all(running.map((child) => this.end(child).catch(() => {})))
    process.off('exit', this.#onExit)
  }

  #spawn<Event extends AnyEvent>(options: ChildOptions<Event>): Child<Event> {
    if (this.#isClosed) throw new DemoError('interrupted', `${options.name} is not started: the demo has ended`)
    const child = new Child(options)
    this.#children.add(child)
    return child
  }

  #killAll(): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }
}
