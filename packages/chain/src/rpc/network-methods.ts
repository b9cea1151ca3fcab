/** Whether the node follows its network, and how many peers it has: asked once, or told as it changes. */

import { messageOf } from '@millrace/base'
import { quantity } from '../hex.ts'
import type { Methods, RpcContext } from './context.ts'
import { alone, type Behind } from './network-view.ts'
import type { Json } from './views.ts'

/** How often a subscription looks. */
const watchMs = 1000

export function networkMethods({ network = alone }: Pick<RpcContext, 'network'>): Methods {
  return {
    eth_syncing: async () => syncingView(await network.behind()),
    net_listening: () => true,
    net_peerCount: async () => quantity(await network.peers()),
  }
}

/**
 * Tells of each step while the node is behind, and `false` once it is not: at once when it is not behind to begin with.
 *
 * @returns what ends it
 */
export function watchSyncing(
  { network = alone, chain }: Pick<RpcContext, 'network' | 'chain'>,
  tell: (result: Json | false) => void,
): () => void {
  let told: string | undefined
  let isLooking = false
  const look = async (): Promise<void> => {
    if (isLooking) return
    isLooking = true
    try {
      const behind = await network.behind()
      const news = behind === undefined ? false : { syncing: true, status: progressView(behind) }
      const text = JSON.stringify(news)
      if (text === told || timer === undefined) return
      told = text
      tell(news)
    } catch (thrown) {
      chain.logger.log('error', 'whether the node is behind is not known', { cause: messageOf(thrown) })
    } finally {
      isLooking = false
    }
  }
  let timer: NodeJS.Timeout | undefined = setInterval(look, watchMs)
  timer.unref()
  void look()
  return () => {
    clearInterval(timer)
    timer = undefined
  }
}

function syncingView(behind: Behind | undefined): Json | false {
  return behind === undefined ? false : progressView(behind)
}

function progressView({ starting, current, highest }: Behind): Json {
  return {
    startingBlock: quantity(starting),
    currentBlock: quantity(current),
    highestBlock: quantity(highest),
  }
}
