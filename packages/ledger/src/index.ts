/**
 * The client of an EVM chain that holds a vault: identity, events, coverage of payers without an RPC call on the payment
 * path, balances, and transactions that survive a restart of the node they are sent to. It keeps no keys: it is given
 * something that signs. Ethereum JSON-RPC over HTTP; EIP-155, EIP-712, EIP-1559, EIP-5267.
 */

export { Airdrop, type AirdropClaim, type DropView } from './airdrop.ts'
export type { BondIdentity, PotView, Stake } from './bond.ts'
export type { BondAction, Bonds } from './bonds.ts'
export { bindLedger } from './bound-ledger.ts'
export { vouchersOfCalldata } from './cash-calldata.ts'
export {
  type CashedEntry,
  type CashingReason,
  type CashingView,
  type CashReport,
  cashBatchMax,
  cashingGas,
  cashingReason,
  type SkippedEntry,
  worthGasTimes,
} from './cashing.ts'
export type { LedgerComponents } from './components.ts'
export { ContractClient, type ContractClientOptions, openContracts } from './contract-client.ts'
export { type PayerCoverage, watchedPayersMax } from './coverage.ts'
export type { Cursor } from './cursor.ts'
export type { Block, Receipt } from './decode.ts'
export { LedgerError, type LedgerErrorCode } from './errors.ts'
export type { Fees } from './fees.ts'
export type { LedgerListener, LedgerStatus } from './follower.ts'
export { CallTextError } from './governance/abi-text.ts'
export { encodeAction, type KnownCall, type ProposalAction, type TimelockCall } from './governance/action.ts'
export { dataFromText } from './governance/call-text.ts'
export { type GovernanceAction, governanceRequest, knownPools } from './governance/calls.ts'
export { contractNameAt } from './governance/known-contracts.ts'
export {
  type PoolPart,
  type Proposal,
  type ProposalState,
  proposalCount,
  proposalIdIn,
  readProposal,
  readProposalLimits,
  readVotingPower,
  type Tally,
  type Verdict,
  type VoteChoice,
  type VotingPower,
  verdictOf,
  voteChoices,
} from './governance/proposal.ts'
export { decodeAction } from './governance/read-action.ts'
export { type ActionOutcome, simulateActions } from './governance/simulate.ts'
export type { LedgerIdentity } from './identity.ts'
export { ChainLedger, type LedgerOptions, openLedger, type VaultAction } from './ledger.ts'
export { type OracleReading, type PriceOracleReader, priceOracleAt } from './oracle.ts'
export {
  type ChainParameter,
  describeParameter,
  describeParameters,
  readFreeShare,
  readParameter,
} from './parameters.ts'
export type { Timers, TransactionSigner } from './ports.ts'
export type { BttMove } from './simulation.ts'
export type { NewValidator, StakeAction } from './staking/stake-action.ts'
export { Staking } from './staking/staking.ts'
export type { StakePosition, StakingView, Unbonding, ValidatorStatus, ValidatorView } from './staking/staking-view.ts'
export type { VaultAccount } from './vault.ts'
export type { VaultEvent } from './vault-event.ts'
