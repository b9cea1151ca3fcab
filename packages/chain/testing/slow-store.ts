/** A store on a slow disk. */

import type { ChainStore } from '../src/store/store.ts'

/** Each write of `store` waits first. */
export function slowStore(store: ChainStore, wait: () => Promise<void>): ChainStore {
  return {
    ...store,
    async write(puts, head) {
      await wait()
      await store.write(puts, head)
    },
  }
}
