/**
 * Keeps what leaves a connection in the order in which the market decided. A step is billed when it is begun and its
 * result comes later, from a thread; a statement that bills it must not arrive before it. So a place is kept for each result,
 * and what is sent after waits behind it: as bytes wait behind bytes in the socket of an uplink.
 */

import type { Message } from './messages.ts'

interface Place {
  message: Message | undefined
}

export class Outbox {
  readonly #write: (message: Message) => void
  readonly #places: Place[] = []

  constructor(write: (message: Message) => void) {
    this.#write = write
  }

  send(message: Message): void {
    this.#places.push({ message })
    this.#flush()
  }

  /** A place for a message that is not there yet. @returns how to fill it */
  reserve(): (message: Message) => void {
    const place: Place = { message: undefined }
    this.#places.push(place)
    return (message) => {
      place.message = message
      this.#flush()
    }
  }

  #flush(): void {
    for (let first = this.#places[0]; first?.message !== undefined; first = this.#places[0]) {
      this.#places.shift()
      this.#write(first.message)
    }
  }
}
