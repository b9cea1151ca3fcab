/**
 * Turns of the event loop, one piece of work in each. All that wait for Node's setImmediate run in one turn: a block and four
 * batches that rest every few milliseconds would stop the loop for all of their pieces together.
 */

/** First come, first served. Of the module, because a thread has one event loop. */
const waiting: (() => void)[] = []

/** Resolves in a turn in which nobody else that waits here goes on. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(giveTurn)
  })
}

function giveTurn(): void {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(giveTurn)
}
