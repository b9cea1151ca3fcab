/** What can be wrong with files, as codes for programs and sentences for people. */

import { errnoOf, MillraceError, messageOf } from '@millrace/base'

export type DiskErrorCode =
  | 'disk-full'
  | 'permission'
  | 'file-gone'
  | 'exists'
  | 'wrong-size'
  | 'unsafe-path'
  | 'too-many-files'
  | 'io'

/** The files cannot be used. `path` names the file or folder concerned, when one is known. */
export class DiskError extends MillraceError<DiskErrorCode> {
  override readonly name = 'DiskError'
  readonly path: string | undefined

  constructor(
    code: DiskErrorCode,
    message: string,
    options: { readonly path?: string; readonly cause?: unknown } = {},
  ) {
    super(code, message, 'cause' in options ? { cause: options.cause } : undefined)
    this.path = options.path
  }
}

/** An error of the file system as plain data, so that it can cross a thread boundary. */
export interface DiskFailure {
  readonly errno: string
  readonly message: string
  readonly doing: string
  readonly path: string
}

/** Describes what was thrown while `doing` something with `path`. */
export function failureFrom(thrown: unknown, doing: string, path: string): DiskFailure {
  return { errno: errnoOf(thrown) ?? 'EIO', message: messageOf(thrown), doing, path }
}

/** The error a person sees for a failure. */
export function diskError(failure: DiskFailure, cause?: unknown): DiskError {
  const { errno, doing, path } = failure
  const options = { path, cause: cause ?? new Error(failure.message) }
  const where = `${doing} ${path}`
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new DiskError('disk-full', `the disk is full: ${where} failed. Free some space, then resume.`, options)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new DiskError('permission', `no permission: ${where} failed (${errno}). Allow it, then resume.`, options)
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ESTALE':
      return new DiskError(
        'file-gone',
        `a file is gone: ${where} failed (${errno}). Put it back, then resume.`,
        options,
      )
    case 'ELOOP':
      return new DiskError(
        'unsafe-path',
        `${path} is a symbolic link: expected a plain file. Remove the link, then resume.`,
        options,
      )
    case 'EMFILE':
    case 'ENFILE':
      return new DiskError(
        'too-many-files',
        `too many open files: ${where} failed (${errno}). Raise the limit (ulimit -n), then resume.`,
        options,
      )
    default:
      return new DiskError('io', `${where} failed: ${failure.message}. Mend the disk, then resume.`, options)
  }
}

/** Wraps whatever a file operation threw; a DiskError stays what it is. */
export function asDiskError(thrown: unknown, doing: string, path: string): DiskError {
  return thrown instanceof DiskError ? thrown : diskError(failureFrom(thrown, doing, path), thrown)
}
