/**
 * How a node shows an Engine API that it may command it: a JSON Web Token with the time, signed with a secret of 32 bytes that
 * both have in a file (execution-apis, src/engine/authentication.md). HS256 is an HMAC, which Node has: no library for it.
 */

import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fromHex, messageOf } from '@millrace/base'
import { ChainError } from '../../errors.ts'

const secretBytes = 32

/**
 * The secret of a file: 64 hex digits, with or without 0x.
 *
 * @throws ChainError bad-option
 */
export function readSecret(path: string): Uint8Array {
  let text: string
  try {
    text = readFileSync(path, 'utf8').trim()
  } catch (cause) {
    const message = `the secret ${path} can't be read: ${messageOf(cause)}; name the file of geth's --authrpc.jwtsecret`
    throw new ChainError('bad-option', message, { cause })
  }
  const secret = fromHex(text.replace(/^0x/, ''))
  if (secret?.length === secretBytes) return secret
  throw new ChainError(
    'bad-option',
    `${path} holds no secret: expected ${2 * secretBytes} hex digits, as geth writes them`,
  )
}

/** @example authorization(secret, 1_700_000_000) // 'Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.…' */
export function authorization(secret: Uint8Array, unixSeconds: number): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ typ: 'JWT', alg: 'HS256' })}.${part({ iat: Math.floor(unixSeconds) })}`
  return `Bearer ${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
