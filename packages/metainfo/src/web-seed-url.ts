/** URLs of web seeds as they stand in .torrent files: often with characters that a URL may not hold. */

import { toLatin1 } from '@millrace/base'
import { repairText } from './safe-path.ts'

const path = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]+)(\/.*)$/s
const needsEscape = /[^A-Za-z0-9%+;?:@=&,$/\-_!.~*()]/
const escaped = /[^A-Za-z0-9/\-_!.~*()]/g

/**
 * The URL, its path escaped when it holds a character that must be; one that is already escaped stays as it is.
 *
 * @example
 * cleanSeedUrl(toUtf8('http://a.example/b c')) // 'http://a.example/b%20c'
 */
export function cleanSeedUrl(bytes: Uint8Array): string {
  const parts = path.exec(toLatin1(bytes))
  if (parts === null) return repairText(bytes)
  const [, origin = '', rest = ''] = parts
  if (!needsEscape.test(rest)) return repairText(bytes)
  // one character is one byte here, which is what a percent escape stands for
  const toEscape = (character: string): string => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  return `${origin}${rest.replace(escaped, toEscape)}`
}

/** A torrent of several files is found below its web seed's URL. */
export function withTrailingSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}
