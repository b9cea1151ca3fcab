/** The accounts that were billed since their last statement: only those are looked at when it is asked whom one is due. */

import { type Account, billedOf } from './account.ts'
import { statementDue } from './statement.ts'

export class Unstated {
  #accounts: Account[] = []

  /** The account was billed. */
  add(account: Account): void {
    if (account.isUnstated) return
    account.isUnstated = true
    this.#accounts.push(account)
  }

  /** Those that are owed a statement now. */
  due(nowMs: number): string[] {
    const due: string[] = []
    let kept = 0
    for (const account of this.#accounts) {
      account.isUnstated = account.billedBytes !== account.statedBytes
      if (!account.isUnstated) continue
      this.#accounts[kept++] = account
      const { credit, paid, stated, lastStatementMs } = account
      const unstated = billedOf(account) - stated
      if (statementDue({ unstated, credit, paidAhead: paid - stated, lastStatementMs }, nowMs)) due.push(account.id)
    }
    this.#accounts.length = kept
    return due
  }

  /** The account is forgotten. */
  remove(account: Account): void {
    if (account.isUnstated) this.#accounts = this.#accounts.filter((other) => other !== account)
  }
}
