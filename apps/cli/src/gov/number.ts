/** How a proposal is named: by its number, from 1. */

import { GovernanceError } from '@millrace/node'
import { InvalidArgumentError } from 'commander'

export function proposalNumber(text: string): number {
  const number = /^#?(\d{1,9})$/.exec(text)?.[1]
  if (number === undefined || Number(number) === 0) {
    throw new InvalidArgumentError('Expected the number of a proposal, as gov list shows it.')
  }
  return Number(number)
}

export function noProposal(number: number, count: number): GovernanceError {
  const known = count === 0 ? 'this chain has none' : `expected 1 to ${count}`
  return new GovernanceError('no-proposal', `there is no proposal ${number}: ${known}`)
}
