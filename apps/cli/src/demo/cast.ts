/** The command lines of the demo's processes. */

import { join } from 'node:path'
import { formatBtt } from '@millrace/base'
import type { ReadyEvent } from './events.ts'
import type { LeecherPlan, Scenario } from './scenario.ts'

/** Where everything of a run is. */
export interface Stage {
  readonly scenario: Scenario
  readonly dataFolder: string
  readonly contentPath: string
  readonly torrent: string
  readonly chain: ReadyEvent
}

const loopback = ['--host', '127.0.0.1', '--port', '0', '--jsonl']
const trackerIntervalSeconds = '5'

export function chainArgs(dataFolder: string): string[] {
  return ['chain', ...loopback, '--data', join(dataFolder, 'chain')]
}

export function trackerArgs(): string[] {
  return ['tracker', ...loopback, '--interval', trackerIntervalSeconds]
}

export function seederArgs(stage: Stage): string[] {
  const { scenario, contentPath, torrent } = stage
  return [
    ...['seed', contentPath, '--torrent', torrent, ...loopback],
    ...['--upload-limit', String(scenario.uploadLimit), '--ask', formatBtt(scenario.ask)],
    ...['--free-share', String(scenario.freeSharePpm / 10_000)],
    ...tradeArgs(stage, 'seeder', scenario.sellerAccount),
  ]
}

export function leecherArgs(stage: Stage, plan: LeecherPlan): string[] {
  const { scenario, dataFolder, torrent } = stage
  const out = join(dataFolder, plan.name, 'files')
  const getting = ['get', torrent, '--out', out, ...loopback, '--upload-limit', String(plan.uploadLimit)]
  if (plan.devAccount === undefined) return [...getting, '--data', join(dataFolder, plan.name)]
  return [
    ...getting,
    ...['--bid', formatBtt(plan.bid), '--max-price', formatBtt(scenario.priceMax), '--budget', formatBtt(plan.budget)],
    '--yes',
    ...tradeArgs(stage, plan.name, plan.devAccount),
  ]
}

function tradeArgs({ chain, dataFolder }: Stage, name: string, devAccount: number): string[] {
  const ledger = ['--rpc', chain.rpc, '--vault', chain.vault, '--dev-account', String(devAccount)]
  return [...ledger, '--data', join(dataFolder, name)]
}
