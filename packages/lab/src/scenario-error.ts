import { MillraceError } from '@millrace/base'

/** A scenario that cannot be run: what is wrong with it, and where. */
export class ScenarioError extends MillraceError<'bad-scenario' | 'unknown-behaviour' | 'not-found'> {
  override readonly name = 'ScenarioError'
}
