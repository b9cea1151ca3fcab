/** The embedded execution engine: @ethereumjs in this process, one execution a block. */

import { type BlockHeader, createBlock, createBlockHeader } from '@ethereumjs/block'
import type { Common } from '@ethereumjs/common'
import { createTxFromRLP, type TypedTransaction } from '@ethereumjs/tx'
import { Address, createAccount, createAddressFromString, KECCAK256_RLP } from '@ethereumjs/util'
import { createVM, runTx } from '@ethereumjs/vm'
import { equalBytes, messageOf, ok, type Result, refuse } from '@millrace/base'
import { blockOf, type ChainBlock, type ChainTransaction, keepRaw, type Receipt, type Withdrawal } from '../block.ts'
import { settledRules } from '../common.ts'
import { keccak } from '../crypto.ts'
import { genesisBalances } from '../genesis/balances.ts'
import type { ResolvedGenesis } from '../genesis/config.ts'
import { installSystemContracts } from '../genesis/system-contracts.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { pooled, pooledBytes } from '../pooled-bytes.ts'
import { encodeRlp, type RlpItem } from '../rlp.ts'
import { blockPuts, numberKey } from '../store/codec.ts'
import { type ChainStore, withPuts } from '../store/store.ts'
import { beginBlock } from './begin-block.ts'
import { watchFirstCalls } from './evm/first-call.ts'
import { difference, headerData, type Place } from './next-header.ts'
import type { Candidate, ExecutionFault, LocalEngine, TransactionSource } from './port.ts'
import { bidOf, priceFault } from './price.ts'
import { BlockOutcome, receiptOf, withdrawalsRoot } from './receipt.ts'
import { type RulesState, rulesReader } from './rules.ts'
import { mintedBy, reportBlock, settleBlock } from './staking-calls.ts'
import { BlockState } from './state/block-state.ts'
import { StateReader } from './state/state-reader.ts'
import { stateView } from './view.ts'
import { openWorld, type World } from './world.ts'

export interface EngineOptions {
  readonly common: Common
  readonly store: ChainStore
  readonly genesis: ResolvedGenesis
}

const emptyHash = new Uint8Array(32)
/** What a transaction counts for beside the instructions that it runs. */
const transactionWork = 2000

/** @example const engine = embeddedEngine({ common, store: memoryStore(), genesis }) */
export function embeddedEngine(options: EngineOptions): LocalEngine {
  const { common, store } = options
  const reader = new StateReader(store)
  const hashOf = (number: number): Uint8Array => {
    const header = store.get('header', numberKey(number))
    return header === undefined ? emptyHash : keccak(header)
  }
  const open = (parent: ChainBlock) => openWorld(common, reader, parent.header.stateRoot, hashOf)
  const readRules = rulesReader(options.genesis)
  const rules = (block: ChainBlock) => readRules(rulesState(new BlockState(reader, block.header.stateRoot)))
  const engine: LocalEngine = {
    genesis: (config) => genesisCandidate(options, reader, config),
    rules,
    nextHeader: (parent, timestamp, ruling) =>
      createBlockHeader(headerData(options.genesis, { parent, timestamp, ruling }), { common }),
    async build(parent, timestamp, source, report) {
      const ruling = await rules(parent)
      return runBlock(options, await open(parent), { parent, timestamp, ruling, report }, source)
    },
    async execute(parent, header, transactions, report) {
      const place = { ruling: await rules(parent), report }
      return replay(options, parent, header, transactions, place, () => open(parent))
    },
    async commit({ block, nodes, changes }, beside = [], on = hexOf(block.header.parentHash)) {
      const before = block.number === 0 ? undefined : on.slice(2)
      await store.write([...nodes, ...beside, ...(await blockPuts(block))], before)
      if (changes !== undefined) reader.advance(changes)
    },
    state: (block) => stateView(store, reader, block, hashOf),
    candidateState({ block, nodes }) {
      const candidate = withPuts(store, nodes)
      return stateView(candidate, new StateReader(candidate), block, hashOf)
    },
    get local() {
      return engine
    },
  }
  return engine
}

function rulesState(state: BlockState): RulesState {
  return {
    async storageRoot(contract) {
      const account = await state.getAccount(createAddressFromString(contract))
      return account === undefined ? undefined : hexOf(account.storageRoot)
    },
    storage: (contract, slot) => state.getStorage(createAddressFromString(contract), slot),
  }
}

async function runBlock(
  options: EngineOptions,
  world: World,
  place: Place,
  source: TransactionSource,
): Promise<Candidate> {
  const { parent, report, ruling } = place
  const header = createBlockHeader(headerData(options.genesis, place), { common: options.common })
  await beginBlock(world, header)
  const faults = report === undefined ? [] : await reportBlock(world, header, parent, report)
  const run = await runTransactions(world, header, ruling.priceFloor, source)
  const settled = report === undefined ? noOutcome : await settleBlock(world, header)
  const { withdrawals } = settled
  const block = await seal(options, place, header, world, { ...run, withdrawals })
  const { manager } = world
  return { block, nodes: manager.puts(), changes: manager.changes(), faults: [...faults, ...settled.faults] }
}

const noOutcome = { withdrawals: [], faults: [] }

interface Run {
  readonly transactions: readonly ChainTransaction[]
  readonly receipts: readonly Receipt[]
  readonly outcome: BlockOutcome
  readonly withdrawals: readonly Withdrawal[]
}

async function runTransactions(
  { vm, pace }: World,
  header: BlockHeader,
  floor: bigint,
  source: TransactionSource,
): Promise<Omit<Run, 'withdrawals'>> {
  const block = createBlock({ header }, { common: vm.common })
  const transactions: ChainTransaction[] = []
  const receipts: Receipt[] = []
  const outcome = new BlockOutcome()
  let gasUsed = 0n
  let tried: ChainTransaction | undefined
  if (source.started !== undefined) {
    watchFirstCalls(vm, () => {
      if (tried !== undefined) source.started?.(tried)
    })
  }
  for (let chosen = source.next(); chosen !== undefined; chosen = source.next()) {
    const fault = priceFault(bidOf(chosen.tx), header.baseFeePerGas ?? 0n, floor)
    if (fault !== undefined || gasUsed + chosen.tx.gasLimit > header.gasLimit) {
      source.refused(chosen, 'block-full', fault ?? 'the block has no room for its gas limit')
      continue
    }
    if (pace.spend(transactionWork)) await pace.rest()
    tried = chosen
    try {
      const result = await runTx(vm, { tx: chosen.tx, block, blockGasUsed: gasUsed })
      const receipt = receiptOf(chosen, result)
      gasUsed = receipt.cumulativeGasUsed
      transactions.push(chosen)
      receipts.push(receipt)
      outcome.add(chosen, receipt)
    } catch (thrown) {
      // runTx throws before anything of the transaction is kept: a wrong nonce, no funds.
      source.refused(chosen, 'invalid', messageOf(thrown))
    }
  }
  return { transactions, receipts, outcome }
}

async function seal(
  { common }: EngineOptions,
  { parent, report }: Place,
  open: BlockHeader,
  world: World,
  { transactions, receipts, withdrawals, outcome }: Run,
): Promise<ChainBlock> {
  const fields = {
    ...outcome.fields(await world.manager.getStateRoot()),
    withdrawalsRoot: withdrawalsRoot(withdrawals),
  }
  const header = createBlockHeader({ ...open, ...fields }, { common })
  return blockOf(parent, header, {
    transactions,
    receipts,
    minted: parent.minted + mintedBy(withdrawals),
    ...(withdrawals.length === 0 ? {} : { withdrawals }),
    ...(report === undefined ? {} : { report }),
  })
}

async function replay(
  options: EngineOptions,
  parent: ChainBlock,
  header: BlockHeader,
  transactions: readonly ChainTransaction[],
  { ruling, report }: Pick<Place, 'ruling' | 'report'>,
  open: () => Promise<World>,
): Promise<Result<Candidate, ExecutionFault>> {
  const timestamp = Number(header.timestamp)
  if (header.timestamp <= parent.header.timestamp) {
    return refuse({ code: 'bad-header', message: `timestamp ${timestamp} is not above its parent's` })
  }
  let fault: ExecutionFault | undefined
  const queue = [...transactions]
  const source: TransactionSource = {
    next: () => (fault === undefined ? queue.shift() : undefined),
    refused: ({ hash }, _why, message) => {
      fault = { code: 'bad-transaction', message: `transaction ${hash}: ${message}` }
    },
  }
  const candidate = await runBlock(options, await open(), { parent, timestamp, ruling, report }, source)
  if (fault !== undefined) return refuse(fault)
  if (equalBytes(candidate.block.header.hash(), header.hash())) return ok(candidate)
  return refuse({ code: 'bad-root', message: difference(candidate.block.header, header) })
}

async function genesisCandidate(
  { common }: EngineOptions,
  reader: StateReader,
  config: ResolvedGenesis,
): Promise<Candidate> {
  const manager = new BlockState(reader, KECCAK256_RLP)
  for (const [address, balance] of genesisBalances(config)) {
    await manager.putAccount(createAddressFromString(address), createAccount({ balance }))
  }
  await installSystemContracts(await createVM({ common: common.copy(), stateManager: manager }), config)
  const header = createBlockHeader(
    {
      stateRoot: await manager.getStateRoot(),
      gasLimit: config.gasLimit,
      timestamp: config.timestamp,
      extraData: bytesOf(config.extraData),
      baseFeePerGas: BigInt(config.baseFeePerGas),
      coinbase: config.feeRecipient as `0x${string}`, // checkGenesis has matched 0x and 40 digits
      blobGasUsed: 0n,
      excessBlobGas: 0n,
      parentBeaconBlockRoot: emptyHash,
    },
    { common },
  )
  const block = {
    header,
    hash: hexOf(header.hash()),
    number: 0,
    transactions: [],
    receipts: [],
    burned: 0n,
    minted: 0n,
  }
  return { block, nodes: manager.puts(), changes: manager.changes(), faults: [] }
}

/** Recovers the sender of signed bytes; throws when they are no valid transaction. */
export function decodeTransaction(raw: Uint8Array, common: Common): ChainTransaction {
  const tx: TypedTransaction = createTxFromRLP(raw, { common: settledRules(common), freeze: false })
  const sender = new Address(keccak(tx.getSenderPublicKey()).slice(-addressBytes))
  // Asked again by each execution, which would hash the key anew.
  tx.getSenderAddress = () => sender
  // Fields may only be absent before it is signed.
  const canonical = encodeRlp(tx.raw() as RlpItem, tx.type === 0 ? undefined : tx.type, pooledBytes)
  keepRaw(tx, canonical)
  // The call data stays with the transaction for as long as that waits.
  Object.defineProperty(tx, 'data', { value: pooled(tx.data), enumerable: true })
  Object.freeze(tx)
  return { tx, hash: hexOf(keccak(canonical)), sender: hexOf(sender.bytes) }
}

const addressBytes = 20
