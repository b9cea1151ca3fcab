import type { SellingOptions } from '@millrace/node'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { type AskFlags, askOf, withAskFlags } from './ask-flags.ts'

const rpcUrl = 'http://127.0.0.1:8545'
const oracle = `oracle:0x${'5f'.repeat(20)}`

function ask(...args: string[]): Pick<SellingOptions, 'askPerMiB' | 'stable'> | undefined {
  const quiet = { writeErr: () => {} }
  const command = withAskFlags(new Command().exitOverride().configureOutput(quiet)).action(() => {})
  command.parse(args, { from: 'user' })
  return askOf(command.opts<AskFlags>(), rpcUrl)
}

describe('the ask of a seller', () => {
  it.each([
    ['1.5', 1_500_000_000_000_000_000n],
    ['3 BTT/GiB', 2_929_687_500_000_000n],
    ['0', 0n],
  ])('in BTT, %s, is fixed', (text, askPerMiB) => {
    expect(ask('--ask', text)).toEqual({ askPerMiB })
  })

  it('in another unit takes its feeds, with limits that have defaults', () => {
    const fixed = 'fixed:0.0000012'
    const stable = ask('--ask', '0.02 USD/GiB', '--feed', fixed, '--feed', oracle)?.stable
    expect(stable).toMatchObject({
      ask: { amount: 20_000_000_000_000_000n, unit: 'USD', per: 'GiB' },
      feeds: [{ name: fixed }, { name: oracle }],
      intervalMs: 30_000,
      limits: { ageMsMax: 600_000, jumpPpmMax: 200_000, tolerancePpm: 20_000, holdMs: 900_000 },
    })
  })

  it('takes other limits', () => {
    const limits = ['--price-tolerance', '0.5', '--feed-max-jump', '5', '--feed-max-age', '60', '--feed-hold', '0']
    const stable = ask('--ask', '1 kWh/TiB', '--feed', 'fixed:1', ...limits, '--feed-interval', '2.5')?.stable
    expect([stable?.limits, stable?.intervalMs]).toEqual([
      { ageMsMax: 60_000, jumpPpmMax: 50_000, tolerancePpm: 5_000, holdMs: 0 },
      2_500,
    ])
  })

  it('is none without --ask', () => {
    expect(ask()).toBeUndefined()
  })

  it.each([
    ['a unit without a feed', ['--ask', '1 USD/GiB'], 'UsageError'],
    ['a feed without an ask', ['--feed', 'fixed:1'], 'UsageError'],
    ['a feed for BTT', ['--ask', '1', '--feed', 'fixed:1'], 'UsageError'],
    ['one feed twice', ['--ask', '1 USD/GiB', '--feed', 'fixed:1', '--feed', 'fixed:1'], 'UsageError'],
    ["an oracle's dollars for euros", ['--ask', '1 EUR/GiB', '--feed', oracle], 'UsageError'],
    [
      'a tolerance above the jump',
      ['--ask', '1 USD/GiB', '--feed', 'fixed:1', '--price-tolerance', '30'],
      'UsageError',
    ],
    ['a feed of no kind', ['--ask', '1 USD/GiB', '--feed', 'gopher://x'], 'FeedError'],
    ['a fixed price of 0', ['--ask', '1 USD/GiB', '--feed', 'fixed:0'], 'FeedError'],
    ['an oracle at no address', ['--ask', '1 USD/GiB', '--feed', 'oracle:0x12'], 'FeedError'],
    ['a price that is none', ['--ask', 'cheap'], 'CommanderError'],
    ['an interval of nothing', ['--feed-interval', '0'], 'CommanderError'],
  ])('is refused with %s', (_, args, name) => {
    expect(() => ask(...args)).toThrow(expect.objectContaining({ name }))
  })
})
