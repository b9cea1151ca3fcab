/** When a transaction's own call begins. What comes before it are checks, which may refuse the transaction yet. */

import type { VM } from '@ethereumjs/vm'

/** Calls `onCall` before each call that no code makes, from now on. */
export function watchFirstCalls({ evm }: Pick<VM, 'evm'>, onCall: () => void): void {
  const runCall = evm.runCall.bind(evm)
  evm.runCall = (options) => {
    // What code calls comes with its message.
    if (options.message === undefined) onCall()
    return runCall(options)
  }
}
