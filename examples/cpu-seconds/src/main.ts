/**
 * The command line of the example.
 *
 *     main.js run  [--json] [--cpu 0.125] [--threads 1] [--steps 320] [--bid 1] [--goal 40] [--data FOLDER]
 *     main.js sell --rpc URL --vault ADDRESS --dev-account N --data FOLDER [--port 0] [--cpu 0.125] [--threads 1] [--ask 1]
 *     main.js buy  --port PORT [--steps 320] [--goal 40] [--seed HEX]
 *                  [--bid 1 --budget 100 --rpc URL --vault ADDRESS --dev-account N --data FOLDER] [--prepay 0] [--max-price 5]
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fromHex, lineLogger, messageOf, parseBtt, systemRandom } from '@millrace/base'
import type { LedgerAccess } from '@millrace/node'
import { buy } from './buy.ts'
import { goalBitsMax, seedBytes } from './job.ts'
import { run } from './run.ts'
import { sell } from './sell.ts'
import { tableOf } from './table.ts'

const text = { type: 'string' } as const
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...{ rpc: text, vault: text, data: text, seed: text, prepay: text, budget: text },
    'dev-account': text,
    port: { ...text, default: '0' },
    cpu: { ...text, default: '0.125' },
    threads: { ...text, default: '1' },
    steps: { ...text, default: '320' },
    goal: { ...text, default: '40' },
    ask: { ...text, default: '1' },
    bid: text,
    'max-price': { ...text, default: '1000000' },
    'free-share': { ...text, default: '15' },
    json: { type: 'boolean', default: false },
  },
})
const logger = lineLogger((line) => process.stderr.write(`${line}\n`), 'warn')

try {
  await main()
} catch (error) {
  process.stderr.write(`cpu-seconds: ${messageOf(error)}\n`)
  process.exitCode = 1
}

async function main(): Promise<void> {
  switch (positionals[0]) {
    case 'run':
      return runAll()
    case 'sell':
      return sell(
        {
          access: access(),
          port: numberOf('port', 0, 65_535),
          threads: numberOf('threads', 1, 256),
          cpuSeconds: numberOf('cpu', 0.01, 10_000),
          askPerCpuSecond: parseBtt(values.ask),
          freeSharePpm: numberOf('free-share', 0, 100) * 10_000,
        },
        logger,
      )
    case 'buy':
      return buy(
        {
          port: numberOf('port', 1, 65_535),
          steps: numberOf('steps', 1, 2 ** 31),
          job: { seed: seedOf(values.seed), goalBits: numberOf('goal', 1, goalBitsMax) },
          money: values.bid === undefined ? undefined : moneyOf(values.bid),
        },
        logger,
      )
    default:
      throw new Error('expected run, sell or buy')
  }
}

async function runAll(): Promise<void> {
  const dataFolder = values.data ?? (await mkdtemp(join(tmpdir(), 'millrace-cpu-')))
  try {
    const result = await run({
      dataFolder,
      cpuSeconds: numberOf('cpu', 0.01, 10_000),
      threads: numberOf('threads', 1, 256),
      steps: numberOf('steps', 1, 2 ** 31),
      bid: parseBtt(values.bid ?? '1'),
      goalBits: numberOf('goal', 1, goalBitsMax),
    })
    process.stdout.write(`${values.json ? JSON.stringify(result) : tableOf(result)}\n`)
  } finally {
    if (values.data === undefined) await rm(dataFolder, { recursive: true, force: true })
  }
}

function moneyOf(bid: string) {
  return {
    access: access(),
    bidPerSecond: parseBtt(bid),
    budget: parseBtt(needed('budget')),
    priceMaxPerCpuSecond: parseBtt(values['max-price']),
    prepayment: values.prepay === undefined ? undefined : parseBtt(values.prepay),
  }
}

function access(): LedgerAccess {
  const index = Number(needed('dev-account'))
  const booksFolder = join(needed('data'), 'books')
  return { rpcUrl: needed('rpc'), vault: needed('vault'), key: { kind: 'dev', index }, booksFolder }
}

function needed(name: 'rpc' | 'vault' | 'data' | 'budget' | 'dev-account'): string {
  const value = values[name]
  if (value === undefined) throw new Error(`--${name} is missing`)
  return value
}

function numberOf(
  name: 'port' | 'cpu' | 'threads' | 'steps' | 'goal' | 'free-share',
  least: number,
  most: number,
): number {
  const value = Number(values[name])
  if (!(value >= least && value <= most)) throw new Error(`--${name} is a number from ${least} to ${most}`)
  return value
}

function seedOf(hex: string | undefined): Uint8Array {
  const seed = hex === undefined ? systemRandom.bytes(seedBytes) : fromHex(hex)
  if (seed?.length !== seedBytes) throw new Error(`--seed is ${2 * seedBytes} hex digits`)
  return seed
}
