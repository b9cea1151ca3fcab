/** The events of a vault and of its bonds as data. */

import { defined } from '@millrace/base'
import { bondAbi, type CashSkipReason, cashSkipReasons, vaultAbi } from '@millrace/contracts'
import { type Account, parseAccount } from '@millrace/voucher'
import { decodeEventLog, type Hex, toEventSelector } from 'viem'
import type { Log } from './decode.ts'
import { LedgerError } from './errors.ts'

export interface EventPlace {
  readonly blockNumber: bigint
  readonly blockHash: Hex
  readonly transactionHash: Hex
  readonly logIndex: number
}

/** Amounts in base units of BTT. Accounts are lower case. */
export type VaultEvent = EventPlace &
  (
    | { readonly type: 'deposited'; readonly key: Account; readonly from: Account; readonly amount: bigint }
    | { readonly type: 'planned'; readonly key: Account; readonly amount: bigint; readonly availableAtSeconds: bigint }
    | { readonly type: 'withdrawn'; readonly key: Account; readonly to: Account; readonly amount: bigint }
    | {
        readonly type: 'cashed'
        readonly payer: Account
        readonly payee: Account
        readonly recipient: Account
        readonly amount: bigint
        /** What the pair was paid over all time, this event included. */
        readonly cashed: bigint
      }
    | {
        readonly type: 'skipped'
        /** Place in the transaction's list. */
        readonly index: number
        readonly payer: Account
        readonly payee: Account
        readonly reason: CashSkipReason
      }
    /** A bond grew, shrank or is about to. */
    | { readonly type: 'bond'; readonly payer: Account }
    | { readonly type: 'overissued'; readonly payer: Account; readonly reporter: Account; readonly slashed: bigint }
  )

/**
 * The events of vault and bonds among `logs`, in order. Events that this version does not know are left out.
 *
 * @throws LedgerError `bad-reply` for a known event whose contents do not decode
 */
export function vaultEvents(logs: readonly Log[]): readonly VaultEvent[] {
  return logs.flatMap((log) => {
    const event = vaultEvent(log)
    return event === undefined ? [] : [event]
  })
}

function vaultEvent(log: Log): VaultEvent | undefined {
  const { blockNumber, blockHash, transactionHash, logIndex } = log
  const place = { blockNumber, blockHash, transactionHash, logIndex }
  const decoded = decodeLog(log)
  switch (decoded?.eventName) {
    case 'Deposited': {
      const { key, from, amount } = decoded.args
      return { ...place, type: 'deposited', key: lower(key), from: lower(from), amount }
    }
    case 'WithdrawalPlanned': {
      const { key, amount, availableAt } = decoded.args
      return { ...place, type: 'planned', key: lower(key), amount, availableAtSeconds: availableAt }
    }
    case 'Withdrawn': {
      const { key, to, amount } = decoded.args
      return { ...place, type: 'withdrawn', key: lower(key), to: lower(to), amount }
    }
    case 'Cashed': {
      const { payer, payee, recipient, amount, cashed } = decoded.args
      const parties = { payer: lower(payer), payee: lower(payee), recipient: lower(recipient) }
      return { ...place, type: 'cashed', ...parties, amount, cashed }
    }
    case 'CashSkipped': {
      const { index, payer, payee, reason } = decoded.args
      const pair = { payer: lower(payer), payee: lower(payee) }
      return { ...place, type: 'skipped', index: Number(index), ...pair, reason: cashSkipReasons[reason] ?? 'none' }
    }
    case 'Bonded':
    case 'BondWithdrawalPlanned':
    case 'BondWithdrawn':
      return { ...place, type: 'bond', payer: lower(decoded.args.payer) }
    case 'Overissued': {
      const { payer, reporter, slashed } = decoded.args
      return { ...place, type: 'overissued', payer: lower(payer), reporter: lower(reporter), slashed }
    }
    default:
      return undefined
  }
}

/** No event of the one has the name of one of the other. */
const eventsAbi = [...vaultAbi, ...bondAbi] as const
const knownTopics = new Set<Hex>(eventsAbi.flatMap((item) => (item.type === 'event' ? [toEventSelector(item)] : [])))

function decodeLog(log: Log) {
  const [signature, ...rest] = log.topics
  if (signature === undefined || !knownTopics.has(signature)) return undefined
  try {
    return decodeEventLog({ abi: eventsAbi, topics: [signature, ...rest], data: log.data, strict: true })
  } catch (cause) {
    throw new LedgerError('bad-reply', `an event of the vault in block ${log.blockNumber} does not decode`, { cause })
  }
}

/** The decoder writes checksummed addresses; the books want lower case. */
function lower(address: string): Account {
  return defined(parseAccount(address), 'an address from the decoder')
}
