/** Questions on the terminal. Anything but a terminal answers no. */

import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { MoneyError } from '@millrace/node'

/** A yes-or-no question; no is the default. */
export async function confirm(question: string): Promise<boolean> {
  if (process.stdin.isTTY !== true) return false
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(`${question} [y/N] `)
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}

/** Asks before anything is sent; `--yes` answers. @throws MoneyError not-confirmed */
export async function goOn({ yes }: { readonly yes?: boolean }): Promise<void> {
  if (yes === true || (await confirm('Go on?'))) return
  throw new MoneyError('not-confirmed', 'nothing was sent: answer yes, or pass --yes')
}

/** Reads a password without showing it; empty when there is no terminal. */
export function promptPassword(): Promise<string> {
  return promptSecret('password: ')
}

/** Reads a line without showing it; empty when there is no terminal. */
export async function promptSecret(question: string): Promise<string> {
  if (process.stdin.isTTY !== true) return ''
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true })
  const secret = await terminal.question('')
  terminal.close()
  process.stderr.write('\n')
  return secret
}
