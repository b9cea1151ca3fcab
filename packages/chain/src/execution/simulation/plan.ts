/** The blocks of a simulation in order, gaps filled, and the header that each begins with. */

import { type BlockHeader, createBlockHeader } from '@ethereumjs/block'
import { type ConsensusReport, reportRoot } from '../../consensus-report.ts'
import { headerFields } from '../overrides.ts'
import {
  SimulationError,
  type SimulationStep,
  simulatedBlockSeconds,
  simulationBlocksMax,
  simulationCodes,
} from './request.ts'

export interface PlannedStep extends SimulationStep {
  readonly number: bigint
  readonly timestamp: bigint
}

/**
 * @param base the block that the first one follows
 * @throws SimulationError when numbers or times do not rise, or blocks are too many
 */
export function planSteps(base: BlockHeader, steps: readonly SimulationStep[]): readonly PlannedStep[] {
  const planned: PlannedStep[] = []
  let { number, timestamp } = base
  for (const step of steps) {
    const target = step.block.number ?? number + 1n
    if (target <= number) {
      throw new SimulationError(simulationCodes.blockNumber, `block numbers must be in order: ${target} <= ${number}`)
    }
    if (target - base.number > BigInt(simulationBlocksMax)) {
      throw new SimulationError(
        simulationCodes.tooManyBlocks,
        `too many blocks: expected at most ${simulationBlocksMax}`,
      )
    }
    for (number += 1n; number < target; number += 1n) {
      timestamp += simulatedBlockSeconds
      planned.push({ number, timestamp, block: {}, state: new Map(), calls: [] })
    }
    const before = timestamp
    timestamp = step.block.timestamp ?? before + simulatedBlockSeconds
    if (timestamp <= before) {
      const message = `block timestamps must be in order: ${timestamp} <= ${before}`
      throw new SimulationError(simulationCodes.blockTimestamp, message)
    }
    planned.push({ ...step, number, timestamp })
  }
  return planned
}

/** The header of a planned block, before its calls have run. Its fork follows from its number and time. */
export function openHeader(
  base: BlockHeader,
  parent: BlockHeader,
  step: PlannedStep,
  { isValidated, report }: { readonly isValidated: boolean; readonly report: ConsensusReport | undefined },
): BlockHeader {
  const { number, timestamp } = step
  const common = base.common.copy()
  common.setHardforkBy({ blockNumber: number, timestamp })
  const has = (eip: number) => common.isActivatedEIP(eip)
  return createBlockHeader(
    {
      parentHash: parent.hash(),
      coinbase: base.coinbase,
      difficulty: base.difficulty,
      gasLimit: base.gasLimit,
      ...(has(1559) ? { baseFeePerGas: isValidated ? parent.calcNextBaseFee() : 0n } : {}),
      ...(has(4844) ? { blobGasUsed: 0n, excessBlobGas: parent.calcNextExcessBlobGas(common) } : {}),
      ...(has(4788) ? { parentBeaconBlockRoot: reportRoot(report) } : {}),
      ...headerFields(step.block),
      number,
      timestamp,
    },
    { common },
  )
}
