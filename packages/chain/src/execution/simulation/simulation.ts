/** eth_simulateV1: blocks on top of a real one, executed and sealed as real ones are, and then forgotten. */

import { type Block, type BlockHeader, createBlock, createBlockHeader } from '@ethereumjs/block'
import type { Common } from '@ethereumjs/common'
import { createAddressFromString } from '@ethereumjs/util'
import { Bloom } from '@ethereumjs/vm'
import { defined, minBig } from '@millrace/base'
import type { ChainBlock, ChainTransaction, Receipt, Withdrawal } from '../../block.ts'
import type { ConsensusReport } from '../../consensus-report.ts'
import { bytesOf, hexOf } from '../../hex.ts'
import { beginBlock } from '../begin-block.ts'
import { overrideState } from '../overrides.ts'
import { BlockOutcome, contractAddress, logOf, withdrawalsRoot } from '../receipt.ts'
import { hasElected, reportBlock, settleBlock, silentReport } from '../staking-calls.ts'
import { watched } from '../trace/tracer.ts'
import type { World } from '../world.ts'
import { type LogTracer, logTracer } from './logs.ts'
import { applyMessage, changeAccount, type Message, type MessageResult } from './message.ts'
import { openHeader, type PlannedStep, planSteps } from './plan.ts'
import {
  type CallOutcome,
  type SimulatedBlock,
  type SimulatedCall,
  SimulationError,
  type SimulationRequest,
  simulationCodes,
  simulationGasMax,
} from './request.ts'
import { takeRequests } from './requests.ts'
import { unsignedTransaction } from './unsigned.ts'

/** Opens a world over the base's state in which blocks after the base have these hashes. */
export type OpenWorld = (simulated: ReadonlyMap<number, Uint8Array>) => Promise<World>

/**
 * @throws SimulationError when numbers, times, money or gas do not add up
 * @throws OverrideError when overrides contradict each other
 */
export async function simulate(
  open: OpenWorld,
  base: ChainBlock,
  request: SimulationRequest,
): Promise<readonly SimulatedBlock[]> {
  const hashes = new Map<number, Uint8Array>()
  const world = await open(hashes)
  const budget = { gas: simulationGasMax }
  const blocks: SimulatedBlock[] = []
  const report = (await hasElected(world, base.header)) ? silentReport : undefined
  let parent = base
  for (const step of planSteps(base.header, request.blocks)) {
    const header = openHeader(base.header, parent.header, step, { isValidated: request.isValidated, report })
    const simulated = await runStep(world, { header, parent, report }, step, request, budget)
    blocks.push(simulated)
    parent = simulated.block
    hashes.set(parent.number, parent.header.hash())
  }
  return blocks
}

interface Budget {
  gas: bigint
}

/** Where a simulated block stands; on a chain with validators also what the staking contracts are told of it. */
interface Place {
  readonly header: BlockHeader
  readonly parent: ChainBlock
  readonly report: ConsensusReport | undefined
}

async function runStep(
  world: World,
  { header, parent, report }: Place,
  step: PlannedStep,
  request: SimulationRequest,
  budget: Budget,
): Promise<SimulatedBlock> {
  const { vm } = world
  vm.common.setHardforkBy({ blockNumber: header.number, timestamp: header.timestamp })
  // Moved precompiles are moved for one block.
  const precompiles = new Map(vm.evm.precompiles)
  await overrideState(world, step.state)
  await beginBlock(world, header)
  // What a call of the chain's own does not get done changes nothing, as in a real block.
  if (report !== undefined) await reportBlock(world, header, parent, report)
  const block = createBlock({ header }, { common: vm.common })
  const tracer = logTracer(request.hasTransfers)
  const transactions: ChainTransaction[] = []
  const receipts: Receipt[] = []
  const calls: CallOutcome[] = []
  let gasUsed = 0n
  for (const call of step.calls) {
    const message = await settle(world, call, header.gasLimit - gasUsed, budget)
    const result = await watched(world, tracer, request.isOver, () => {
      return applyMessage(world, message, block, request)
    })
    gasUsed += result.gasUsed
    budget.gas -= result.gasUsed
    const transaction = unsignedTransaction(message, header.common)
    transactions.push(transaction)
    receipts.push(receiptOf(transaction, result, gasUsed, header.common))
    calls.push(outcomeOf(result, tracer))
  }
  vm.evm.precompiles.clear()
  for (const [address, precompile] of precompiles) vm.evm.precompiles.set(address, precompile)
  const withdrawals = report === undefined ? [] : (await settleBlock(world, header)).withdrawals
  const sealed = await seal(world, block, transactions, receipts, withdrawals)
  return { block: report === undefined ? sealed : { ...sealed, report, withdrawals }, calls }
}

/** Fills in nonce and gas. */
async function settle({ manager }: World, call: SimulatedCall, blockGas: bigint, budget: Budget): Promise<Message> {
  const nonce = call.nonce ?? (await manager.getAccount(createAddressFromString(call.from)))?.nonce ?? 0n
  const asked = call.gas ?? blockGas
  if (asked > blockGas) {
    throw new SimulationError(simulationCodes.blockGasLimit, `block gas limit reached: ${asked} > ${blockGas} left`)
  }
  return { ...call, nonce, gas: minBig(asked, budget.gas) }
}

function receiptOf({ tx, sender }: ChainTransaction, result: MessageResult, total: bigint, common: Common): Receipt {
  const { execResult, gasUsed, effectiveGasPrice } = result
  const logs = (execResult.logs ?? []).map(logOf)
  const bloom = new Bloom(undefined, common)
  for (const { address, topics } of logs) for (const item of [address, ...topics]) bloom.add(bytesOf(item))
  return {
    status: execResult.exceptionError === undefined ? 1 : 0,
    gasUsed,
    cumulativeGasUsed: total,
    effectiveGasPrice,
    logsBloom: bloom.bitvector,
    logs,
    contractAddress: tx.to === undefined ? contractAddress(sender, tx.nonce) : undefined,
  }
}

function outcomeOf({ execResult, gasUsed, gasUsedMost }: MessageResult, tracer: LogTracer): CallOutcome {
  const failure = execResult.exceptionError?.error
  return { output: execResult.returnValue, failure, gasUsed, gasUsedMost, logs: tracer.take() }
}

async function seal(
  world: World,
  block: Block,
  transactions: readonly ChainTransaction[],
  receipts: readonly Receipt[],
  withdrawals: readonly Withdrawal[],
): Promise<ChainBlock> {
  const open = block.header
  const { common } = open
  // After a block of proof of work comes another, and whoever makes it is paid.
  if (open.difficulty > 0n) {
    const reward = world.vm.common.param('minerReward')
    await changeAccount(world, open.coinbase, (account) => {
      account.balance += reward
    })
    await world.vm.evm.journal.cleanup()
  }
  const outcome = new BlockOutcome()
  for (const [index, receipt] of receipts.entries()) {
    outcome.add(defined(transactions[index], 'a transaction for each receipt'), receipt)
  }
  const requestsHash = common.isActivatedEIP(7685) ? await takeRequests(world, block) : undefined
  const header = createBlockHeader(
    {
      ...open,
      ...outcome.fields(await world.manager.getStateRoot()),
      ...(common.isActivatedEIP(4895) ? { withdrawalsRoot: withdrawalsRoot(withdrawals) } : {}),
      ...(requestsHash === undefined ? {} : { requestsHash }),
    },
    { common },
  )
  return {
    header,
    hash: hexOf(header.hash()),
    number: Number(header.number),
    transactions,
    receipts,
    burned: 0n,
    minted: 0n,
  }
}
