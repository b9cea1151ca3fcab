/** Chains under test that a geth executes: imported before a test file, it makes `quickChain` start one for each of its chains. */

import { systemRandom } from '@millrace/base'
import type { ChainNode, ChainOptions } from '../src/chain.ts'
import { startChain } from '../src/chain.ts'
import { defaultGenesis, resolveGenesis } from '../src/genesis/config.ts'
import { Geth } from './geth.ts'

/** By data folder: a chain that is opened again has the geth that it had. */
const kept = new Map<string, Geth>()

/** `startChain` with a geth of its own, which ends with a chain in memory, or by `removeGeths`. */
export async function startOnGeth(options: ChainOptions): Promise<ChainNode> {
  const { dataFolder } = options
  const known = dataFolder === undefined ? undefined : kept.get(dataFolder)
  const asked = options.genesis ?? defaultGenesis
  const genesis = resolveGenesis(asked, Math.floor(Date.now() / 1000) - 1, systemRandom.bytes(16))
  const geth = known ?? (await Geth.start(genesis))
  if (dataFolder !== undefined) kept.set(dataFolder, geth)
  const remote = { engineUrl: geth.url, secretFile: geth.secretFile, rpcUrl: geth.rpcUrl }
  const end = async () => {
    if (dataFolder === undefined) await geth.remove()
  }
  try {
    const node = await startChain({ ...options, ...(known === undefined ? { genesis } : {}), remote })
    return { ...node, close: () => node.close().then(end) }
  } catch (thrown) {
    await end()
    throw thrown
  }
}

export async function removeGeths(): Promise<void> {
  for (const geth of kept.values()) await geth.remove()
  kept.clear()
}
