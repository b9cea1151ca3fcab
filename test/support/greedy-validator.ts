/** A validator that keeps to the rules, but fills what it proposes up to the gas limit and does not execute it before. */

import { rawTransaction } from '../../packages/chain/src/block.ts'
import type { Chain } from '../../packages/chain/src/node.ts'
import { startBent } from './bent-validator.ts'

export interface GreedyValidator {
  /** Its blocks that were decided, and how many transactions it had put into each. */
  readonly decided: { readonly height: number; readonly calls: number }[]
  stop(): Promise<void>
}

export async function startGreedy(folder: string): Promise<GreedyValidator> {
  const decided: { height: number; calls: number }[] = []
  const buildTime = () => Promise.resolve()
  const stop = await startBent(folder, (chain) => greedy(chain, decided), { buildTime })
  return { decided, stop }
}

function greedy({ app, pool, head }: Chain, decided: { height: number; calls: number }[]): Chain['app'] {
  const nameOf = (items: readonly Uint8Array[]) => Buffer.concat(items).toString('hex')
  const proposals = new Map<string, number>()
  return {
    ...app,
    async prepareProposal(request) {
      const [record, ...honest] = await app.prepareProposal(request)
      // Its honest self deploys in the first block, before which there are no votes.
      if (record === undefined || request.height === 1) return record === undefined ? honest : [record, ...honest]
      const filled = [...allOf(pool, head())]
      proposals.set(nameOf([record, ...filled]), filled.length)
      return [record, ...filled]
    },
    // To execute it first would keep it from the others.
    async processProposal(input) {
      return proposals.has(nameOf(input.items)) ? { ok: true, value: undefined } : app.processProposal(input)
    },
    async finalizeBlock(input) {
      const calls = proposals.get(nameOf(input.items))
      if (calls !== undefined) decided.push({ height: input.height, calls })
      return app.finalizeBlock(input)
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
