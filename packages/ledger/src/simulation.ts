/** What eth_simulateV1 answers for one block of calls: foreign, like every reply. */

import { type Btt, btt } from '@millrace/base'
import type { Account } from '@millrace/voucher'
import type { Hex } from 'viem'
import { arrayOf, decodeAddress, decodeData, decodeHash, decodeQuantity, fieldsOf, logsInReplyMax } from './decode.ts'

/** BTT that a call moves. */
export interface BttMove {
  readonly from: Account
  readonly to: Account
  readonly amount: Btt
}

/** What a call would come to. */
export interface SimulatedCall {
  /** Why it would fail, in the node's words, with what the contract returned; undefined when it would not. */
  readonly fault: { readonly message: string; readonly data: Hex | undefined } | undefined
  readonly moves: readonly BttMove[]
}

const callsInReplyMax = 1_000
const faultCharactersMax = 300
/** The node logs a move of the chain's own money as a contract there would that of a token. */
const transferAddress = '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee'
const transferTopic = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'

/**
 * The calls of the only block, in their order.
 *
 * @throws LedgerError `bad-reply`
 */
export function decodeSimulation(value: unknown): readonly SimulatedCall[] {
  const [block] = arrayOf(value, 1, 'one simulated block')
  return arrayOf(fieldsOf(block, 'a simulated block').calls, callsInReplyMax, 'calls').map((call) => {
    const { status, error, logs } = fieldsOf(call, 'a simulated call')
    if (decodeQuantity(status) === 0n) return { fault: decodeFault(error), moves: [] }
    return { fault: undefined, moves: arrayOf(logs, logsInReplyMax, 'logs').flatMap(decodeMove) }
  })
}

function decodeFault(error: unknown): SimulatedCall['fault'] {
  const { message, data } = fieldsOf(error, 'an error')
  const words = typeof message === 'string' ? message.slice(0, faultCharactersMax) : 'it fails'
  return { message: words, data: data === undefined || data === null ? undefined : decodeData(data) }
}

function decodeMove(log: unknown): readonly BttMove[] {
  const { address, topics, data } = fieldsOf(log, 'a log')
  const [topic, from, to] = arrayOf(topics, 4, 'topics').map(decodeHash)
  if (decodeAddress(address) !== transferAddress || topic !== transferTopic) return []
  return [{ from: accountOf(from), to: accountOf(to), amount: btt(decodeQuantity(data)) }]
}

function accountOf(topic: Hex | undefined): Account {
  return decodeAddress(`0x${(topic ?? '').slice(-40)}`)
}
