/** Cases of ethereum/execution-apis (.io files), compared as hive's rpc-compat compares them. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface IoCase {
  /** Folder and file without its ending: `eth_call/call-callenv`. */
  readonly name: string
  readonly method: string
  /** Only the shape of the answers counts: clients may differ in their values. Traces count whole: geth's are expected. */
  readonly isShapeOnly: boolean
  readonly exchanges: readonly { readonly request: string; readonly expected: unknown }[]
}

type Json = Readonly<Record<string, unknown>>

export function readCases(folder: string): readonly IoCase[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: method }) =>
      readdirSync(join(folder, method)).map((file) => {
        return parseCase(method, file.replace(/\.io$/, ''), readFileSync(join(folder, method, file), 'utf8'))
      }),
    )
}

function parseCase(method: string, name: string, text: string): IoCase {
  const exchanges: IoCase['exchanges'][number][] = []
  let request: string | undefined
  for (const line of text.split('\n')) {
    if (line.startsWith('>> ')) request = line.slice(3)
    else if (line.startsWith('<< ')) {
      if (request === undefined) throw new Error(`${method}/${name}: an answer before its request`)
      exchanges.push({ request, expected: JSON.parse(line.slice(3)) })
      request = undefined
    }
  }
  const isShapeOnly = /^\/\/ ?speconly/m.test(text) && !/^debug_trace/.test(method)
  return { name: `${method}/${name}`, method, isShapeOnly, exchanges }
}

/**
 * Where an answer differs from the expected one: a path and both values a difference, none when they agree. An error's
 * message is free; its code and data are not.
 */
export function differences(expected: unknown, found: unknown, isShapeOnly: boolean): readonly string[] {
  const isFailure = isObject(expected) && isObject(found) && expected.error !== undefined && found.error !== undefined
  const [left, right] = isFailure ? [withoutMessage(expected), withoutMessage(found)] : [expected, found]
  return compare(left, right, isShapeOnly, '')
}

function withoutMessage(answer: Json): Json {
  const { message: _free, ...rest } = isObject(answer.error) ? answer.error : {}
  return { ...answer, error: rest }
}

function compare(expected: unknown, found: unknown, isShapeOnly: boolean, path: string): readonly string[] {
  const differs = [`${path}: expected ${brief(expected)}, found ${brief(found)}`]
  if (Array.isArray(expected) && Array.isArray(found)) {
    // Of a list whose values are free, the length is free too.
    if (!isShapeOnly && expected.length !== found.length) return differs
    return expected.flatMap((item, i) =>
      i < found.length ? compare(item, found[i], isShapeOnly, `${path}[${i}]`) : [],
    )
  }
  if (isObject(expected) && isObject(found)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(found)])
    return [...keys].flatMap((key) => compare(expected[key], found[key], isShapeOnly, `${path}.${key}`))
  }
  const agree = isShapeOnly ? kindOf(expected) === kindOf(found) : expected === found
  return agree ? [] : differs
}

function kindOf(value: unknown): string {
  if (value === null || Array.isArray(value)) return value === null ? 'null' : 'list'
  if (typeof value !== 'string') return typeof value
  return /^0x[0-9a-f]*$/.test(value) ? 'hex' : 'text'
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}
