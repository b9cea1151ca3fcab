/** The base of every error that the environment causes: a file, a socket, a chain, a user's input. */

/**
 * An error with a stable `code` for programs and a message for people: what happened, what was expected, what to do.
 *
 * @example
 * class DiskError extends MillraceError<'disk-full' | 'permission'> {
 *   override readonly name = 'DiskError'
 * }
 */
export class MillraceError<Code extends string = string> extends Error {
  override readonly name: string = 'MillraceError'
  readonly code: Code

  constructor(code: Code, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** Node's errno code (`ENOSPC`, `ECONNREFUSED`, ...) of anything thrown, if it has one. */
export function errnoOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}
