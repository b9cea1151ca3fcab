/** The rules of the EVM and of headers: Cancun from block 0, a private chain id, fast signatures. */

import { paramsBlock } from '@ethereumjs/block'
import { Common, Hardfork, Mainnet, type ParamsDict } from '@ethereumjs/common'
import { paramsEVM } from '@ethereumjs/evm'
import { paramsTx } from '@ethereumjs/tx'
import { paramsVM } from '@ethereumjs/vm'
import { keccak, type Recover, recoverPublicKey } from './crypto.ts'

/**
 * Cancun is the newest fork whose headers a chain without a beacon chain can honestly fill: Prague makes every block
 * call the system contracts of staking deposits and withdrawals.
 */
export function createCommon(chainId: number, recover: Recover = recoverPublicKey): Common {
  const rules = new Rules({
    chain: { ...Mainnet, chainId, name: 'millrace', hardforks },
    hardfork: Hardfork.Cancun,
    customCrypto: { ecrecover: recover, keccak256: keccak },
  })
  for (const params of [paramsTx, paramsBlock, paramsEVM, paramsVM]) rules.updateParams(params)
  return rules
}

/**
 * The same rules, remembered. Each transaction and header copies its Common and merges the parameters of its package into it,
 * and the EVM asks for EIPs at each instruction: done anew every time, that takes longer than what they decide.
 */
class Rules extends Common {
  // Copies share these until one of them changes its fork: it then begins others.
  private merged = new Set<ParamsDict>()
  private activated = new Map<number, boolean>()
  private values = new Map<string, bigint>()

  override updateParams(params: ParamsDict): void {
    if (this.merged.has(params)) return
    super.updateParams(params)
    this.merged = new Set(this.merged).add(params)
  }

  override isActivatedEIP(eip: number): boolean {
    const known = this.activated.get(eip)
    if (known !== undefined) return known
    const isActivated = super.isActivatedEIP(eip)
    this.activated.set(eip, isActivated)
    return isActivated
  }

  override param(name: string): bigint {
    const known = this.values.get(name)
    if (known !== undefined) return known
    const value = super.param(name)
    this.values.set(name, value)
    return value
  }

  protected override _buildParamsCache(): void {
    super._buildParamsCache()
    this.values = new Map()
  }

  protected override _buildActivatedEIPsCache(): void {
    super._buildActivatedEIPsCache()
    this.activated = new Map()
  }
}

const settled = new WeakMap<Common, Common>()

/** The same rules in an object that all transactions share: each would make a copy of its own, and none ever changes it. */
export function settledRules(common: Common): Common {
  const known = settled.get(common)
  if (known !== undefined && known.hardfork() === common.hardfork()) return known
  const copy = common.copy()
  copy.copy = () => copy
  settled.set(common, copy)
  return copy
}

/** Every fork up to Cancun at once, so that a block's number and timestamp tell its rules here as on any other chain. */
const hardforks = Mainnet.hardforks
  .slice(0, 1 + Mainnet.hardforks.findIndex(({ name }) => name === Hardfork.Cancun))
  .filter(({ name }) => name !== Hardfork.Dao)
  .map(({ name, timestamp }) => (timestamp === undefined ? { name, block: 0 } : { name, block: null, timestamp: 0 }))
