/** Arguments of a contract's function as text, in the form of Foundry's `cast`: read and written. Pure. */

import { AmountError, MillraceError, parseBtt } from '@millrace/base'
import { type AbiParameter, type Hex, isAddress } from 'viem'

/** What a person typed is no call. */
export class CallTextError extends MillraceError<'bad-call'> {
  override readonly name = 'CallTextError'

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('bad-call', message, options)
  }
}

/**
 * A value of an ABI type: `0x…` for addresses and bytes, whole numbers (or `5BTT`, which is 5 x 10^18), `true`, text as it is
 * or in double quotes, `[a, b]` for lists, `(a, b)` for structs, which become lists too.
 *
 * @throws CallTextError with what was expected
 */
export function valueFrom(text: string, parameter: AbiParameter): unknown {
  const { type } = parameter
  const list = /^(.*)\[(\d*)\]$/.exec(type)
  if (list !== null) {
    const [, inner = '', length = ''] = list
    const parts = partsOf(text, '[', ']')
    const isLong = length === '' || parts?.length === Number(length)
    if (parts === undefined || !isLong) throw expected(`a list of ${length} ${inner}, like [a, b]`, text)
    return parts.map((part) => valueFrom(part, { ...parameter, type: inner }))
  }
  if (type === 'tuple') return structFrom(text, fieldsOf(parameter))
  if (type === 'string') return stringFrom(text)
  if (type === 'bool') {
    if (text === 'true' || text === 'false') return text === 'true'
    throw expected('true or false', text)
  }
  if (type === 'address') return addressFrom(text)
  if (type.startsWith('bytes')) return bytesFrom(text, type === 'bytes' ? undefined : Number(type.slice(5)), type)
  return numberFrom(text, type)
}

/** A value, its structs as lists, as text from which `valueFrom` makes it again. */
export function textOf(value: unknown, parameter: AbiParameter): string {
  const { type } = parameter
  if (Array.isArray(value)) {
    const inner = { ...parameter, type: type.replace(/\[\d*\]$/, '') }
    if (type !== 'tuple') return `[${value.map((item) => textOf(item, inner)).join(', ')}]`
    return `(${fieldsOf(parameter)
      .map((field, at) => textOf(value[at], field))
      .join(', ')})`
  }
  if (type === 'string') return JSON.stringify(value)
  return typeof value === 'string' ? value.toLowerCase() : String(value)
}

/** The fields of a struct; none for other types. */
export function fieldsOf(parameter: AbiParameter): readonly AbiParameter[] {
  return 'components' in parameter ? parameter.components : []
}

function structFrom(text: string, fields: readonly AbiParameter[]): readonly unknown[] {
  const types = fields.map(({ type, name }) => (name ? `${type} ${name}` : type)).join(', ')
  const parts = partsOf(text, '(', ')')
  if (parts?.length !== fields.length) throw expected(`a struct of (${types})`, text)
  return fields.map((field, at) => valueFrom(parts[at] ?? '', field))
}

/** What stands between the brackets, at commas that stand in no inner brackets and no quotes. */
function partsOf(text: string, open: string, close: string): readonly string[] | undefined {
  const trimmed = text.trim()
  if (!trimmed.startsWith(open) || !trimmed.endsWith(close) || trimmed.length < 2) return undefined
  const inside = trimmed.slice(1, -1)
  if (inside.trim() === '') return []
  const parts = ['']
  let depth = 0
  for (const [token] of inside.matchAll(/"(?:[^"\\]|\\.)*"|./gs)) {
    if (token === '(' || token === '[') depth++
    if (token === ')' || token === ']') depth--
    if (token === ',' && depth === 0) parts.push('')
    else parts.push(`${parts.pop()}${token}`)
  }
  return parts.map((part) => part.trim())
}

function stringFrom(text: string): string {
  if (!text.startsWith('"')) return text
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'string') return value
  } catch {}
  throw expected('text, in whole double quotes or in none', text)
}

function bytesFrom(text: string, bytes: number | undefined, what: string): Hex {
  const isWhole = /^0x([0-9a-fA-F]{2})*$/.test(text) && (bytes === undefined || text.length === 2 + 2 * bytes)
  if (isWhole) return text.toLowerCase() as Hex // as matched
  throw expected(`${what}: 0x and ${bytes === undefined ? 'pairs of' : 2 * bytes} hex digits`, text)
}

/** Mixed case carries a checksum (EIP-55). */
function addressFrom(text: string): Hex {
  const address = bytesFrom(text, 20, 'an address')
  const isMixed = /[a-f]/.test(text) && /[A-F]/.test(text)
  if (!isMixed || isAddress(text)) return address
  throw expected('an address with the right checksum, or in one case', text)
}

function numberFrom(text: string, type: string): bigint {
  const [, unsigned = '', bits = '256'] = /^(u?)int(\d+)$/.exec(type) ?? []
  const most = 2n ** BigInt(unsigned === '' ? Number(bits) - 1 : Number(bits)) - 1n
  const least = unsigned === '' ? -most - 1n : 0n
  const value = wholeIn(text)
  if (value !== undefined && value >= least && value <= most) return value
  throw expected(`a whole number of ${type}, from ${least} to ${most}, or an amount like 5BTT`, text)
}

function wholeIn(text: string): bigint | undefined {
  if (/^(\d+|0x[0-9a-fA-F]+)$/.test(text)) return BigInt(text)
  if (/^-\d+$/.test(text)) return -BigInt(text.slice(1))
  const amount = /^([\d.]+) ?BTT$/i.exec(text)?.[1]
  try {
    return amount === undefined ? undefined : parseBtt(amount)
  } catch (thrown) {
    if (thrown instanceof AmountError) return undefined
    throw thrown
  }
}

function expected(what: string, text: string): CallTextError {
  return new CallTextError(`expected ${what}; got "${text}"`)
}
