/** What a person asks a proposal to do, before the chain has been looked at. */

import { MillraceError } from '@millrace/base'
import {
  type IncentiveTerm,
  type IncentiveTerms,
  incentivesAbi,
  incentiveTerms,
  issueAddresses,
} from '@millrace/contracts'
import { type ContractClient, decodeAction, describeParameter, type ProposalAction } from '@millrace/ledger'

export class GovernanceError extends MillraceError<'no-proposal' | 'not-now' | 'no-votes' | 'bad-input'> {
  override readonly name = 'GovernanceError'
}

/** An action; of the terms of the incentive pool those that change, whole numbers in their units. */
export type ActionDraft =
  | Exclude<ProposalAction, { readonly kind: 'incentive-terms' }>
  | { readonly kind: 'incentive-terms'; readonly changes: Readonly<Record<string, number>> }

/** An action with what the chain has of it now. */
export interface CheckedAction {
  readonly action: ProposalAction
  /** The parameter as it is, for an action that changes one. */
  readonly present: bigint | undefined
}

/**
 * What the chain says to a draft. A plain call that does what another kind does becomes that.
 *
 * @throws GovernanceError bad-input for a value that no vote can set; LedgerError
 */
export async function checkDraft(client: ContractClient, draft: ActionDraft): Promise<CheckedAction> {
  const action = await actionOf(client, draft)
  return { action, present: action.kind === 'parameter' ? await checkedParameter(client, action) : undefined }
}

async function actionOf(client: ContractClient, draft: ActionDraft): Promise<ProposalAction> {
  if (draft.kind === 'incentive-terms') return termsAction(client, draft.changes)
  return draft.kind === 'call' ? decodeAction(draft) : draft
}

async function termsAction(client: ContractClient, changes: Readonly<Record<string, number>>): Promise<ProposalAction> {
  const checked = checkedTerms(changes)
  const present = await client.read(issueAddresses.incentives, incentivesAbi, 'terms', [])
  return { kind: 'incentive-terms', terms: { ...present, ...checked } }
}

async function checkedParameter(client: ContractClient, { name, value }: { name: string; value: bigint }) {
  const { value: present, least, most } = await describeParameter(client, name)
  if (value >= least && value <= most) return present
  throw new GovernanceError('bad-input', `${name} cannot be ${value}: expected ${least} to ${most}`)
}

function checkedTerms(changes: Readonly<Record<string, number>>): Partial<IncentiveTerms> {
  for (const [name, value] of Object.entries(changes)) {
    if (!isTerm(name)) {
      const known = Object.keys(incentiveTerms).join(', ')
      throw new GovernanceError('bad-input', `the incentive pool has no term "${name}": expected one of ${known}`)
    }
    const { least, most } = incentiveTerms[name]
    if (value >= least && value <= most) continue
    throw new GovernanceError('bad-input', `${name} cannot be ${value}: expected ${least} to ${most}`)
  }
  return changes
}

function isTerm(name: string): name is IncentiveTerm {
  return Object.hasOwn(incentiveTerms, name)
}
