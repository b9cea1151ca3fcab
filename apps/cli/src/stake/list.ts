/** `stake list`: the validators, and with a key what it has staked. */

import { formatBtt } from '@millrace/base'
import { openChain, type StakerView, viewStaker, viewStaking } from '@millrace/node'
import type { Command } from 'commander'
import { alignedRows } from '../demo/grid.ts'
import { chainOf, type SendFlags, withKeyFlags } from '../money-flags.ts'
import { printJson, printLine } from '../output.ts'
import { formatTime } from '../wallet/access.ts'

export function addStakeList(stake: Command): void {
  const command = stake
    .command('list')
    .summary('the validators, and what a key has staked')
    .description('List the validators with stake, power and commission; with a key also what it has staked and earned.')
    .option('--json', 'print one JSON object')
  withKeyFlags(command).action(run)
}

type Overview = Awaited<ReturnType<typeof viewStaking>>

async function run(flags: SendFlags): Promise<void> {
  const view = await viewStaking(flags.rpc)
  const { keystore, keyFile, devAccount } = flags
  const hasKey = keystore !== undefined || keyFile !== undefined || devAccount !== undefined
  const own = hasKey ? await viewStaker(await openChain(chainOf(flags))) : undefined
  if (flags.json === true) return printJson(own === undefined ? view : { ...view, own })
  for (const line of [...overviewLines(view), ...(own === undefined ? [] : ownLines(own, view))]) printLine(line)
}

function overviewLines(view: Overview): readonly string[] {
  const header = ['validator', 'state', 'power', 'stake', 'own stake', 'commission']
  const rows = view.validators.map((one) => [
    one.operator,
    stateOf(one),
    String(one.power),
    formatBtt(one.stake),
    formatBtt(one.ownStake),
    commissionOf(one),
  ])
  return [
    `block ${view.blockNumber}, epoch ${view.epoch}, the next election in block ${view.epochEndsAtBlock} or later`,
    `staked ${formatBtt(view.totalStaked)} BTT; a candidate needs ${formatBtt(view.selfStakeMin)} BTT of its own`,
    '',
    ...alignedRows([header, ...rows]),
  ]
}

function commissionOf({ commissionBps, commissionPlan: plan }: Overview['validators'][number]): string {
  const present = `${commissionBps / 100} %`
  return plan === undefined ? present : `${present}, ${plan.bps / 100} % from ${formatTime(plan.fromSeconds)}`
}

function stateOf({ status, power, isCandidate, jailedUntilSeconds }: Overview['validators'][number]): string {
  if (status === 'jailed') return `jailed until ${formatTime(jailedUntilSeconds)}`
  if (status === 'tombstoned') return 'out for good'
  if (power > 0n) return isCandidate ? 'elected' : 'elected, leaves'
  return isCandidate ? 'candidate' : 'no candidate'
}

function ownLines(own: StakerView, { epoch }: Overview): readonly string[] {
  const positions = own.positions.map(({ validator, amount, rewards }) => [
    validator,
    formatBtt(amount),
    formatBtt(rewards),
  ])
  const unbondings = own.unbondings.map(({ validator, amount, releaseEpoch }) => {
    const due = releaseEpoch <= epoch ? 'can be claimed' : `from epoch ${releaseEpoch}`
    return [validator, formatBtt(amount), due]
  })
  return [
    '',
    `${own.address} has ${formatBtt(own.balance)} BTT outside of stake`,
    ...(positions.length === 0 ? [] : ['', ...alignedRows([['delegated to', 'BTT', 'rewards'], ...positions])]),
    ...(unbondings.length === 0 ? [] : ['', ...alignedRows([['unbonding from', 'BTT', 'when'], ...unbondings])]),
    ...(own.commission === 0n ? [] : ['', `commission ${formatBtt(own.commission)} BTT`]),
    ...(own.credit === 0n ? [] : ['', `for reports ${formatBtt(own.credit)} BTT`]),
  ]
}
