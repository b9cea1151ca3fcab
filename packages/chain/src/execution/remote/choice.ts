/**
 * Which transactions go into a block that another process executes. It runs whole lists, and of a list that can't be executed
 * it does not say which transaction is at fault: that one is found by halving. What fits is first judged by gas limits, then
 * again by the gas that was really used; each time the list runs anew.
 */

import type { Result } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainTransaction } from '../../block.ts'
import type { TransactionSource } from '../port.ts'
import type { Trial } from './answers.ts'

/** Runs of a growing list for one block: in the last one, what has no room by its gas limit waits for the next block. */
export const roundsMax = 4
/** Transactions at fault that are sought in one block: each costs some runs. Then the block is as it is. */
export const culpritsMax = 4

/** Executes a list on the parent's state, or says in its own words why it can't. */
export type Run = (transactions: readonly ChainTransaction[]) => Promise<Result<Trial, string>>

export interface Choice {
  readonly transactions: readonly ChainTransaction[]
  readonly trial: Trial
}

export interface ChoiceOptions {
  readonly source: TransactionSource
  readonly gasLimit: bigint
  /** Why a transaction can't be in this block whatever the state is, or undefined. */
  readonly faultOf: (transaction: ChainTransaction) => string | undefined
  /** The sender's next nonce in the state that the block begins with. */
  readonly nonceOf: (sender: Hex) => Promise<bigint>
  /** The block without any transaction. */
  readonly empty: Trial
  readonly run: Run
}

/** The transactions that the embedded engine would take, as far as a few runs can tell; the others are refused to the source. */
export async function choose(options: ChoiceOptions): Promise<Choice> {
  const { source, gasLimit, run } = options
  let choice: Choice = { transactions: [], trial: options.empty }
  let waiting: readonly ChainTransaction[] = []
  let [rounds, culprits] = [0, 0]
  while (rounds < roundsMax && culprits < culpritsMax) {
    const room = gasLimit - choice.trial.gasUsed
    const { fresh, held } = take(options, waiting, room, rounds === roundsMax - 1)
    waiting = held
    if (fresh.length === 0) break
    const transactions = [...choice.transactions, ...fresh]
    const whole = await run(transactions)
    if (whole.ok) {
      choice = { transactions, trial: whole.value }
      rounds += 1
      continue
    }
    const inTurn = await withoutGaps(options, choice, fresh)
    if (inTurn.length < fresh.length) {
      waiting = [...inTurn, ...waiting]
      continue
    }
    const found = await firstFault(choice, fresh, whole.error, run)
    choice = found.sound
    culprits += 1
    waiting = [...withoutCulprit(source, fresh.slice(found.good), found.fault), ...waiting]
  }
  for (const transaction of waiting) source.refused(transaction, 'block-full', noRoom)
  return choice
}

const noRoom = 'the block has no room for its gas limit'

/**
 * What surely fits, by gas limits. The first that does not, though it may once it is known what those before it use, is held
 * for the next run; where there is no next run, or nothing before it, it is refused.
 */
function take(
  { source, faultOf }: ChoiceOptions,
  waiting: readonly ChainTransaction[],
  room: bigint,
  isLast: boolean,
): { readonly fresh: readonly ChainTransaction[]; readonly held: readonly ChainTransaction[] } {
  const fresh: ChainTransaction[] = []
  const queue = [...waiting]
  let left = room
  for (let next = queue.shift() ?? source.next(); next !== undefined; next = queue.shift() ?? source.next()) {
    const fault = faultOf(next)
    if (fault === undefined && next.tx.gasLimit <= left) {
      fresh.push(next)
      left -= next.tx.gasLimit
    } else if (fault === undefined && fresh.length > 0 && !isLast && next.tx.gasLimit <= room) {
      return { fresh, held: [next, ...queue] }
    } else {
      source.refused(next, 'block-full', fault ?? noRoom)
    }
  }
  return { fresh, held: [] }
}

/** Refuses what does not have its sender's next nonce: of a list that can't be executed that is known without another run. */
async function withoutGaps(
  { source, nonceOf }: ChoiceOptions,
  choice: Choice,
  fresh: readonly ChainTransaction[],
): Promise<readonly ChainTransaction[]> {
  const next = new Map(choice.transactions.map(({ sender, tx }) => [sender, tx.nonce + 1n]))
  const inTurn: ChainTransaction[] = []
  for (const transaction of fresh) {
    const { sender, tx } = transaction
    const due = next.get(sender) ?? (await nonceOf(sender))
    next.set(sender, tx.nonce === due ? due + 1n : due)
    if (tx.nonce === due) inTurn.push(transaction)
    else
      source.refused(transaction, 'invalid', `nonce too ${tx.nonce < due ? 'low' : 'high'}: ${tx.nonce}, due is ${due}`)
  }
  return inTurn
}

/** How many of `fresh` can be executed after the choice, the block with those, and what keeps the next one out. */
async function firstFault(choice: Choice, fresh: readonly ChainTransaction[], message: string, run: Run) {
  let [good, bad] = [0, fresh.length]
  let [sound, fault] = [choice, message]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    const transactions = [...choice.transactions, ...fresh.slice(0, middle)]
    const tried = await run(transactions)
    if (tried.ok) {
      good = middle
      sound = { transactions, trial: tried.value }
    } else {
      bad = middle
      fault = tried.error
    }
  }
  return { good, fault, sound }
}

/** Refuses the first of a list, and what its sender has after it; the others may be tried again. */
function withoutCulprit(
  source: TransactionSource,
  [culprit, ...others]: readonly ChainTransaction[],
  fault: string,
): readonly ChainTransaction[] {
  if (culprit === undefined) return []
  source.refused(culprit, 'invalid', fault)
  const isLost = ({ sender }: ChainTransaction) => sender === culprit.sender
  for (const lost of others.filter(isLost)) {
    source.refused(lost, 'block-full', `waits for transaction ${culprit.hash} of its sender, which is not in the block`)
  }
  return others.filter((transaction) => !isLost(transaction))
}
