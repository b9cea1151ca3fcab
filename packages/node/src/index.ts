/**
 * The composition root: everything that runs is put together here, one named step a part. What a person sees stands in
 * the apps; policy stands in the packages below.
 */

export { type Period, type Statement, statementCsv } from '@millrace/journal'
export {
  type BttMove,
  CallTextError,
  contractNameAt,
  dataFromText,
  encodeAction,
  type Proposal,
  type ProposalAction,
  type VoteChoice,
  verdictOf,
  voteChoices,
} from '@millrace/ledger'
export { parseAddress } from '@millrace/wallet'
export { type ActionDraft, GovernanceError } from './action-draft.ts'
export { type AirdropList, type ClaimPlan, claimAirdrop, rootOfList, viewDrops } from './airdrop/airdrop.ts'
export { AirdropError, parseAirdropList } from './airdrop/list.ts'
export { buySide, sellSide } from './beacon-sides.ts'
export { type CreatedTorrent, CreateError, createTorrentFile, type TorrentFileOptions } from './create-torrent.ts'
export { type DiskWait, diskRetryMilliseconds } from './disk-retry.ts'
export { Earner, type EarnOptions, type EarnRound, type EarnTorrent } from './earn/earner.ts'
export { type FreeShare, freeShareOn } from './free-share.ts'
export { type GenesisRow, genesisRows, genesisWarning, readGenesis } from './genesis.ts'
export {
  type GovernancePlan,
  listParameters,
  listProposals,
  type ProposalOutcome,
  planProposal,
  planStep,
  planVote,
  type SentPlan,
  type Step,
  sendPlan,
  type VoteOutcome,
  viewProposal,
} from './governance.ts'
export { clientName, createPeerId, version } from './identity.ts'
export { nextConsensusKey } from './next-consensus-key.ts'
export { type NextSigner, nextSigner } from './next-signer.ts'
export { type MillraceNode, type NodeOptions, type SellingOptions, startNode } from './node.ts'
export { type ChainAccess, type OpenChain, openChain } from './open-chain.ts'
export { buildPayments, type OpenLedger } from './payments/open-money.ts'
export type { PaymentDesk, Purchase } from './payments/payment-desk.ts'
export type { Sales } from './payments/sales.ts'
export { type BuyingTerms, type KeySource, type LedgerAccess, MoneyError, type MoneyOptions } from './payments/terms.ts'
export { AskKeeper, type FeedView, type StableAskOptions, type StableAskView } from './pricing/ask-keeper.ts'
export { isOracle, openFeed, oracleUnit } from './pricing/feed-address.ts'
export { FeedError, type PriceFeed, type PriceReading } from './pricing/ports.ts'
export { type ChainServiceOptions, gethGenesisFor, runChain, runTracker } from './services.ts'
export {
  doStake,
  planStake,
  type StakeRequest,
  type StakerView,
  type StakeSent,
  type StakeStep,
  viewStaker,
  viewStaking,
} from './stake-actions.ts'
export {
  readSource,
  SourceError,
  sourceName,
  type TaskOptions,
  type TorrentSource,
  TorrentTask,
} from './torrent-task.ts'
export { reportOf, type TransferReport } from './transfer-report.ts'
export { followSchedule } from './upload-schedule.ts'
export {
  type ConsensusView,
  initValidators,
  joinValidators,
  runValidator,
  validatorFolders,
  validatorKeys,
  viewConsensus,
  viewTrusted,
} from './validators.ts'
export {
  addressOf,
  type Cashing,
  cash,
  deposit,
  readEarnings,
  readJournal,
  viewWallet,
  type WalletView,
  withdraw,
  withWallet,
} from './wallet-actions.ts'
export { addToBond, type BondState, withdrawBond } from './wallet-bond.ts'
export { createKey, type NewKey, type NewKeyOptions } from './wallet-keys.ts'
export type { Approve, Sent, Spend, Withdrawal } from './wallet-spend.ts'
