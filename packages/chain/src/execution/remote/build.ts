/** Making a block that another process executes: tries of our choice, the sealed header, and its check by the other side. */

import { type BlockHeader, createBlockHeader } from '@ethereumjs/block'
import type { Common } from '@ethereumjs/common'
import { defined, type Logger, ok, refuse } from '@millrace/base'
import { blockOf, type ChainTransaction, type Receipt, rawTransaction } from '../../block.ts'
import { ChainError } from '../../errors.ts'
import type { ResolvedGenesis } from '../../genesis/config.ts'
import { hexOf } from '../../hex.ts'
import { ListTrie } from '../../trie/list-root.ts'
import { inTurns } from '../in-turns.ts'
import { headerData, type Place } from '../next-header.ts'
import type { Candidate } from '../port.ts'
import { bidOf, priceFault } from '../price.ts'
import { BlockOutcome, withdrawalsRoot } from '../receipt.ts'
import { blockReceipts, builtTrial, type Trial, trial } from './answers.ts'
import { type ChoiceOptions, choose, type Run } from './choice.ts'
import { type RemoteClient, RemoteRefusal } from './client.ts'
import { building, simulation } from './payload.ts'
import { remoteReceipts } from './receipts.ts'
import { remoteFault } from './verdict.ts'

export interface BuildParts {
  readonly client: RemoteClient
  /** Where testing_buildBlockV1 is offered; absent: eth_simulateV1 does. */
  readonly builder?: RemoteClient | undefined
  readonly common: Common
  readonly genesis: ResolvedGenesis
  readonly logger: Logger
}

/**
 * Executes a list as the block at this place; keeps nothing.
 *
 * @throws RemoteRefusal when the list can't be executed
 */
export async function attempt(
  { client, builder, common, genesis, logger }: BuildParts,
  place: Place,
  transactions: readonly ChainTransaction[],
): Promise<Trial> {
  const header = createBlockHeader(headerData(genesis, place), { common })
  if (builder !== undefined) {
    const { method, params } = building(place.parent.hash, header, transactions)
    const built = builtTrial(await builder.call(method, ...params), header.gasLimit)
    if (built !== undefined) return built
    logger.log('warn', 'the engine builds with another gas limit, and is asked to simulate instead', {
      remedy: `geth --miner.gaslimit ${place.ruling.gasLimit}`,
    })
  }
  const { method, params } = simulation(place.parent.hash, header, transactions)
  return trial(await client.call(method, ...params), transactions.length)
}

/** @throws ChainError engine-failed when the other side refuses what it has executed itself */
export async function build(
  parts: BuildParts,
  place: Place,
  choosing: Pick<ChoiceOptions, 'source' | 'nonceOf' | 'empty'>,
): Promise<Candidate> {
  const open = createBlockHeader(headerData(parts.genesis, place), { common: parts.common })
  const run: Run = async (transactions) => {
    try {
      return ok(await attempt(parts, place, transactions))
    } catch (thrown) {
      if (thrown instanceof RemoteRefusal) return refuse(thrown.message)
      throw thrown
    }
  }
  const { transactions, trial: last } = await choose({
    ...choosing,
    gasLimit: open.gasLimit,
    faultOf: ({ tx }) => priceFault(bidOf(tx), open.baseFeePerGas ?? 0n, place.ruling.priceFloor),
    run,
  })
  const known = last.kind === 'results' ? await remoteReceipts(transactions, last.results, open) : undefined
  const outcome = await (known === undefined ? rootsOf(last, transactions) : outcomeOf(last, transactions, known))
  const header = createBlockHeader(
    { ...open, ...outcome, withdrawalsRoot: withdrawalsRoot([]) },
    { common: parts.common },
  )
  const fault = await remoteFault(parts.client, { header, transactions })
  if (fault !== undefined) {
    const message = `the engine says of a block that it has executed itself: ${fault.message}; expected VALID`
    throw new ChainError('engine-failed', message)
  }
  const receipts = known ?? (await receiptsOf(parts.client, header, transactions))
  const { parent } = place
  const block = blockOf(parent, header, { transactions, receipts, minted: parent.minted })
  return { block, nodes: [], faults: [] }
}

async function outcomeOf(
  { stateRoot }: Trial,
  transactions: readonly ChainTransaction[],
  receipts: readonly Receipt[],
) {
  const outcome = new BlockOutcome()
  await inTurns(receipts, (receipt, index) => {
    outcome.add(defined(transactions[index], 'a transaction for each receipt'), receipt)
  })
  return outcome.fields(stateRoot)
}

async function rootsOf(built: Trial, transactions: readonly ChainTransaction[]) {
  const { kind: _kind, ...fields } = built
  const trie = new ListTrie()
  await inTurns(transactions, ({ tx }) => trie.add(rawTransaction(tx)))
  return { ...fields, transactionsTrie: trie.root() }
}

/** Of a block that the other side has executed. */
export async function receiptsOf(
  client: RemoteClient,
  header: BlockHeader,
  transactions: readonly ChainTransaction[],
): Promise<readonly Receipt[]> {
  const answer = await client.call('eth_getBlockReceipts', { blockHash: hexOf(header.hash()) })
  return remoteReceipts(transactions, await blockReceipts(answer, transactions.length), header)
}
