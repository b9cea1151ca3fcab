/** How a proposal is named: by its number, from 1. */

import { InvalidArgumentError } from 'commander'

export function proposalNumber(text: string): number {
  const number = /^#?(\d{1,9})$/.exec(text)?.[1]
  if (number === undefined || Number(number) === 0) {
    throw new InvalidArgumentError('Expected the number of a proposal, as gov list shows it.')
  }
  return Number(number)
}
