/** What an action of a proposal does, in words. */

import { type Btt, formatBtt } from '@millrace/base'
import { type BttMove, contractNameAt, encodeAction, type ProposalAction } from '@millrace/node'
import { formatTime } from '../wallet/access.ts'
import { tableOf } from './table.ts'

/** In one or two words, for a list: its verb, or what of a known contract it calls. */
export function labelOf(action: ProposalAction): string {
  if (action.kind !== 'call' || action.known === undefined) return action.kind
  return `${action.known.contract}.${action.known.signature.split('(', 1)[0]}`
}

export function sentenceOfAction(action: ProposalAction): string {
  // Names and arguments are what others wrote.
  return plain(wordsOf(action))
}

function wordsOf(action: ProposalAction): string {
  switch (action.kind) {
    case 'text':
      return 'does nothing: it is its words'
    case 'parameter':
      return `sets ${action.name} to ${action.value}`
    case 'spend':
      return `pays ${bttOf(action.amount)} of the community pool to ${action.to}`
    case 'fund-spend':
      return `pays ${bttOf(action.amount)} of the ecosystem fund to ${action.to}`
    case 'timelock-spend':
      return `pays ${bttOf(action.amount)} of the time-lock to ${action.to}`
    case 'upgrade':
      return `has ${action.contract} run the code at ${action.implementation}${action.call === '0x' ? '' : `, and calls ${action.call}`}`
    case 'guardian':
      return `makes ${action.guardian} the guardian`
    case 'unpause':
      return 'ends a pause'
    // Anything may stand where it says that a grant does.
    case 'grant-confirm':
      return `calls ${action.grant} as a grant: lets the part of milestone ${action.milestone} vest`
    case 'grant-revoke':
      return `calls ${action.grant} as a grant: takes what has not vested back into the fund`
    case 'grant-release':
      return `calls ${action.grant} as a grant: pays what has vested to its beneficiary`
    case 'airdrop-open':
      return `gives drop ${action.drop} the list of root ${action.root}, to be claimed until ${timeOf(action.deadlineSeconds)}`
    case 'airdrop-add':
      return `makes a drop of ${bttOf(action.amount)} of the time-lock for the list of root ${action.root}, to be claimed until ${timeOf(action.deadlineSeconds)}`
    case 'incentive-terms': {
      const terms = Object.entries(action.terms).map(([name, value]) => `${name} ${value}`)
      return `sets the terms of the incentive pool to ${terms.join(', ')}`
    }
    case 'incentive-return':
      return `sends ${bttOf(action.amount)} of the incentive pool to the ecosystem fund`
    case 'call':
      return wordsOfCall(action)
  }
}

function wordsOfCall({ to, value, data, known }: Extract<ProposalAction, { readonly kind: 'call' }>): string {
  const sent = value === 0n ? '' : ` and sends ${bttOf(value)}`
  if (known === undefined) return `calls ${to} with ${data}${sent}`
  const { contract, signature, args } = known
  return `calls ${signature} of ${contract}${args.length === 0 ? '' : ` with ${args.join(', ')}`}${sent}`
}

/** What moves when it is done, in words; undefined when no BTT do. */
export function sentenceOfMoves(moves: readonly BttMove[]): string | undefined {
  if (moves.length === 0) return undefined
  return `moves ${moves.map(({ from, to, amount }) => `${bttOf(amount)} from ${from} to ${to}`).join(', then ')}`
}

/** A row an action: its place, what is called, and what that does. */
export function actionTable(actions: readonly ProposalAction[]): readonly string[] {
  const rows = actions.map((action, index) => {
    const { to } = encodeAction(action)
    const name = contractNameAt(to)
    return [String(index + 1), name === undefined ? to : `${name} ${to}`, sentenceOfAction(action)]
  })
  return tableOf([['action', 'contract', 'what it does'], ...rows])
}

function bttOf(amount: bigint): string {
  return `${formatBtt(amount as Btt)} BTT` // what was proposed as one
}

/** Deadlines of others' proposals may be beyond the years that a calendar has. */
function timeOf(seconds: bigint): string {
  return seconds < 253_402_300_800n ? formatTime(Number(seconds)) : `second ${seconds}`
}

/** What others wrote must not move the cursor. */
export function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ')
}
