/** The words of an action on the command line, each refused with what was expected. */

import { InvalidArgumentError } from 'commander'

export function parseInteger(text: string): bigint {
  if (!/^\d{1,39}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.')
  return BigInt(text)
}

export function parseHex(text: string): `0x${string}` {
  if (!/^0x([0-9a-fA-F]{2})*$/.test(text))
    throw new InvalidArgumentError('Expected bytes as hex: 0x and pairs of digits.')
  return text.toLowerCase() as `0x${string}` // as matched
}

/** Of the Merkle tree of a list. */
export function parseRoot(text: string): `0x${string}` {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) {
    throw new InvalidArgumentError(
      'Expected the root of a list, as chain airdrop root prints it: 0x and 64 hex digits.',
    )
  }
  return text.toLowerCase() as `0x${string}` // as matched
}

/** A day or a second of UTC, as seconds since 1970. */
export function parseTime(text: string): bigint {
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?$/.test(text)
  const time = isTime ? Date.parse(text) : Number.NaN
  // JavaScript takes a 31 February for a day of March.
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(text.slice(0, 10))) return BigInt(time / 1000)
  throw new InvalidArgumentError('Expected a day or a time of UTC, like 2030-06-30 or 2030-06-30T12:00:00Z.')
}

/** `name=value`; collects repetitions. */
export function collectTerm(text: string, known: Readonly<Record<string, number>> = {}) {
  const [, name, value] = /^(\w+)=(\d{1,15})$/.exec(text) ?? []
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('Expected NAME=NUMBER, like rewardBps=500: see docs/incentives.md.')
  }
  if (Object.hasOwn(known, name)) throw new InvalidArgumentError(`${name} is there twice.`)
  return { ...known, [name]: Number(value) }
}

/**
 * Words as a shell splits them: at spaces that stand in no quotes, single or double.
 *
 * @throws InvalidArgumentError for a quote without its end
 * @example splitWords(`call 0x... "note(string)" 'for all'`) // ['call', '0x...', 'note(string)', 'for all']
 */
export function splitWords(text: string): readonly string[] {
  const words: string[] = []
  let rest = text.trim()
  while (rest !== '') {
    const [word] = /^(?:[^\s'"]|'[^']*'|"[^"]*")+/.exec(rest) ?? []
    if (word === undefined || /^\S/.test(rest.slice(word.length))) {
      throw new InvalidArgumentError('A quote has no end.')
    }
    words.push(word.replace(/'([^']*)'|"([^"]*)"/g, (_quoted, single, double) => single ?? double))
    rest = rest.slice(word.length).trim()
  }
  return words
}
