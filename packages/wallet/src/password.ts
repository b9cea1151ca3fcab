/** Where a password comes from: the environment or a person, never the command line, where other users can read it. */

import { WalletError } from './errors.ts'

export const passwordVariable = 'MILLRACE_PASSWORD'

export interface PasswordSources {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Asks the person; absent where nobody is there to answer. */
  readonly ask?: () => Promise<string>
}

/**
 * The password from `MILLRACE_PASSWORD`, else from the person.
 *
 * @throws WalletError `locked` when neither gives one
 */
export async function readPassword(sources: PasswordSources): Promise<string> {
  const password = sources.environment[passwordVariable] ?? (await sources.ask?.()) ?? ''
  if (password !== '') return password
  throw new WalletError(
    'locked',
    `the wallet is locked and no password was given: set ${passwordVariable} or run this on a terminal`,
  )
}
