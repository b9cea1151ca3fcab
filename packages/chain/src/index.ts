/**
 * The embedded BTTC node: a private EVM chain on which BTT, with 18 decimals, is the gas. Headers, roots and receipts
 * are Ethereum's (Cancun), execution is @ethereumjs, one process makes the blocks, and JSON-RPC over HTTP and
 * WebSocket serves any Ethereum client. It is always a process of its own, never on the BitTorrent loop.
 *
 * Only these differ from a stock chain: the least effective gas price is a rule of consensus, and there is no beacon
 * chain, so PREVRANDAO is known beforehand and the beacon root is zero.
 */

export { type ChainNode, type ChainOptions, startChain } from './chain.ts'
export { cometBftVersion, findCometBft } from './consensus/cometbft/binary.ts'
export {
  initNetwork,
  type JoinOptions,
  joinNetwork,
  type NetworkOptions,
  type NewNetwork,
} from './consensus/cometbft/network.ts'
export type { StateSync } from './consensus/cometbft/state-sync.ts'
export { consensusKeys, type NewConsensusKey, newConsensusKey } from './consensus/cometbft/vote-keys.ts'
export type { BlockTime } from './consensus/solo.ts'
export { ChainError, type ChainErrorCode } from './errors.ts'
export { gethGenesisOf } from './execution/remote/geth-genesis.ts'
export type { RemoteOptions } from './execution-choice.ts'
export { devAccount, devMnemonic, vaultAddress, vaultDeployer } from './genesis/accounts.ts'
export {
  chainIdDefault,
  checkGenesis,
  type DevAccounts,
  defaultGenesis,
  devAccountCount,
  type GenesisConfig,
  totalSupply,
} from './genesis/config.ts'
export {
  type Allocation,
  airdropDomain,
  type GenesisAirdrop,
  type GenesisGrant,
  type GenesisIssue,
  type GenesisVesting,
} from './genesis/issue.ts'
export { evidenceBlocksMost, evidenceBlocksOf, trustSecondsOf } from './genesis/liability.ts'
export { addMilestoneKey, milestoneSigners } from './milestone-keys.ts'
export { startValidator, type ValidatorNode, type ValidatorOptions } from './validator.ts'
