/** A validator that keeps to the rules, but fills what it proposes up to the gas limit and does not execute it before. */

import { rawTransaction } from '../../packages/chain/src/block.ts'
import type { Chain } from '../../packages/chain/src/node.ts'
import { startBent } from './bent-validator.ts'

export interface GreedyValidator {
  /** How many transactions it has put into each of its blocks, decided or not. */
  readonly proposed: { readonly height: number; readonly calls: number }[]
  stop(): Promise<void>
}

export async function startGreedy(folder: string): Promise<GreedyValidator> {
  const proposed: { height: number; calls: number }[] = []
  const buildTime = () => Promise.resolve()
  const stop = await startBent(folder, (chain) => greedy(chain, proposed), { buildTime })
  return { proposed, stop }
}

function greedy({ app, pool, head }: Chain, proposed: { height: number; calls: number }[]): Chain['app'] {
  const nameOf = (items: readonly Uint8Array[]) => Buffer.concat(items).toString('hex')
  const names = new Set<string>()
  return {
    ...app,
    async prepareProposal(request) {
      const [record, ...honest] = await app.prepareProposal(request)
      // Its honest self deploys in the first block, before which there are no votes.
      if (record === undefined || request.height === 1) return record === undefined ? honest : [record, ...honest]
      const filled = [...allOf(pool, head())]
      names.add(nameOf([record, ...filled]))
      proposed.push({ height: request.height, calls: filled.length })
      return [record, ...filled]
    },
    // To execute it first would keep it from the others.
    async processProposal(input) {
      return names.has(nameOf(input.items)) ? { ok: true, value: undefined } : app.processProposal(input)
    },
  }
}

/** As many of the pool's transactions as the block's gas limit allows, whatever time they take. */
function* allOf(pool: Chain['pool'], { header }: ReturnType<Chain['head']>): Iterable<Uint8Array> {
  const selection = pool.ordered(header.calcNextBaseFee())
  let gasLeft = header.gasLimit
  for (let best = selection.next(); best !== undefined; best = selection.next()) {
    if (best.tx.gasLimit > gasLeft) return
    gasLeft -= best.tx.gasLimit
    yield rawTransaction(best.tx)
  }
}
