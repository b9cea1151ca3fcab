/** For whom a message on a connection is. */

import { type Message, type Reject, reject } from './messages.ts'

export interface Sides {
  /** The sender's account is bound. */
  readonly isBound: boolean
  readonly sells: boolean
  readonly buys: boolean
}

/** `hello`s are judged elsewhere; the others are taken by a side, ignored, or refused. */
export function routeOf(message: Exclude<Message, { t: 0 }>, sides: Sides): 'seller' | 'buyer' | 'none' | Reject {
  if (message.t === 5) {
    if (sides.isBound && sides.sells && (message.o === 1 || message.o === 3)) return 'seller'
    return sides.isBound && sides.buys && (message.o === 2 || message.o === 4) ? 'buyer' : 'none'
  }
  if (!sides.isBound) return reject(message.t, message.t === 2 ? 8 : 11)
  if (message.t === 2 || message.t === 4) return sides.sells ? 'seller' : reject(message.t, 8)
  return sides.buys ? 'buyer' : reject(message.t, 8)
}
