/** Reads the vectors of docs/spec, and their messages as this client has them. */

import { readFileSync } from 'node:fs'
import { type Message, tables } from './messages.ts'
import type { VaultBooks } from './money-rules.ts'
import { bytesOf, type Domain } from './signing.ts'

export type JsonMessage = { readonly t: number } & Readonly<Record<string, unknown>>
export interface JsonDomain {
  readonly chainId: string
  readonly vault: string
  readonly genesisHash: string
}
export type JsonVault = Readonly<Record<keyof VaultBooks, string>>

/** Which keys of a message are bytes, and which are 64 bits and more. */
const byteKeys = new Set(['a', 'z', 'f'])
const bigKeys = new Set(['r', 'p', 'k', 'w', 'm', 'o', 'g', 'u', 'i', 'n'])

export function readVectors<Shape>(name: string): Shape {
  const file = new URL(`../../docs/spec/vectors/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as Shape
}

export function messageOf(json: JsonMessage): Message {
  const fields = Object.keys(tables[json.t] ?? {}).map((key) => {
    const value = json[key] ?? ''
    if (byteKeys.has(key)) return [key, bytesOf(String(value))]
    // Strings of digits are what a number of JSON cannot hold.
    return [key, bigKeys.has(key) && typeof value === 'string' ? BigInt(value) : value]
  })
  return { t: json.t, ...Object.fromEntries(fields) } as Message
}

export function domainOf({ chainId, vault, genesisHash }: JsonDomain): Domain {
  return { chainId: BigInt(chainId), vault: bytesOf(vault), genesisHash: bytesOf(genesisHash) }
}

export function vaultOf(json: JsonVault): VaultBooks {
  const { deposited, withdrawn, planned, paidOut, cashed } = json
  return {
    deposited: BigInt(deposited),
    withdrawn: BigInt(withdrawn),
    planned: BigInt(planned),
    paidOut: BigInt(paidOut),
    cashed: BigInt(cashed),
  }
}

/** Without the words of a reject, which are free. */
export function plain(message: Message): Message {
  return message.t === 5 ? { ...message, d: '' } : message
}
