/**
 * A wallet as browsers have it (EIP-1193): it keeps the key, answers what concerns it (accounts, signatures, networks by
 * EIP-3085 and EIP-3326), and asks the chain the rest, by HTTP from an extension's origin or by a socket. How it
 * prices and fills a transaction is the way MetaMask does.
 */

import { once } from 'node:events'
import { maxBig } from '@millrace/base'
import type { Hex, PrivateKeyAccount } from 'viem'
import { WebSocket } from 'ws'

export interface RequestArguments {
  readonly method: string
  readonly params?: unknown
}

type Listener = (message: { type: string; data: unknown }) => void

/** Carries one request to the chain. */
export interface Carrier {
  send(request: RequestArguments): Promise<unknown>
  onMessage(listener: Listener): void
  close(): void
}

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string }
}

const origin = 'chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn'
/** A wallet counts on from a random number. */
const firstId = 4_217_339_042

export function overHttp(url: string): Carrier {
  let id = firstId
  return {
    async send({ method, params = [] }) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', origin },
        body: JSON.stringify({ id: ++id, jsonrpc: '2.0', method, params }),
      })
      return resultOf((await response.json()) as Answer) // JSON-RPC's shape
    },
    onMessage: () => {},
    close: () => {},
  }
}

export async function overSocket(url: string): Promise<Carrier> {
  const socket = new WebSocket(url, { origin })
  await once(socket, 'open')
  const answers = new Map<number, (answer: Answer) => void>()
  const listeners = new Set<Listener>()
  socket.on('message', (bytes) => {
    const message = JSON.parse(String(bytes))
    if (message.method === 'eth_subscription') {
      for (const listener of listeners) listener({ type: 'eth_subscription', data: message.params })
    } else answers.get(message.id)?.(message)
  })
  let id = firstId
  return {
    async send({ method, params = [] }) {
      const own = ++id
      const answer = new Promise<Answer>((resolve) => answers.set(own, resolve))
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: own, method, params }))
      return resultOf(await answer)
    },
    onMessage: (listener) => listeners.add(listener),
    close: () => socket.close(),
  }
}

function resultOf({ result, error }: Answer): unknown {
  if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code })
  return result
}

/** What a page asks to be sent (eth_sendTransaction). */
interface Payment {
  readonly to?: Hex
  readonly data?: Hex
  readonly value?: Hex
  readonly gas?: Hex
}

/** What a page sees as `window.ethereum`. */
export class WalletProvider {
  readonly #carrier: Carrier
  readonly #account: PrivateKeyAccount
  #chainId: Hex | undefined

  constructor(carrier: Carrier, account: PrivateKeyAccount) {
    this.#carrier = carrier
    this.#account = account
  }

  async request({ method, params = [] }: RequestArguments): Promise<unknown> {
    // A page that calls a method gives what it takes.
    const [first] = params as readonly unknown[]
    switch (method) {
      case 'eth_requestAccounts':
      case 'eth_accounts':
        return [this.#account.address]
      case 'wallet_addEthereumChain':
        return this.#addChain(first as { chainId: Hex })
      case 'wallet_switchEthereumChain':
        return this.#switchChain(first as { chainId: Hex })
      case 'eth_sendTransaction':
        return this.#sendTransaction(first as Payment)
      default:
        return this.#carrier.send({ method, params })
    }
  }

  on(event: string, listener: Listener): this {
    if (event === 'message') this.#carrier.onMessage(listener)
    return this
  }

  removeListener(): this {
    return this
  }

  close(): void {
    this.#carrier.close()
  }

  /** Only a chain whose node says the number that the page says. */
  async #addChain({ chainId }: { chainId: Hex }): Promise<null> {
    const told = await this.#carrier.send({ method: 'eth_chainId' })
    if (told !== chainId) throw Object.assign(new Error(`chain ${told}, not ${chainId}`), { code: -32_602 })
    const network = await this.#carrier.send({ method: 'net_version' })
    if (network !== String(Number(chainId))) throw new Error(`network ${network}`)
    this.#chainId = chainId
    return null
  }

  async #switchChain({ chainId }: { chainId: Hex }): Promise<null> {
    if (this.#chainId !== chainId) throw Object.assign(new Error('unrecognised chain'), { code: 4902 })
    return null
  }

  async #sendTransaction(wanted: Payment): Promise<unknown> {
    const ask = (method: string, ...params: unknown[]) => this.#carrier.send({ method, params })
    const from = this.#account.address
    const call = { from, ...wanted }
    const block = (await ask('eth_getBlockByNumber', 'latest', false)) as { gasLimit: Hex; baseFeePerGas: Hex }
    const history = (await ask('eth_feeHistory', '0x5', 'latest', [10, 20, 30])) as { reward: Hex[][] }
    const suggested = BigInt((await ask('eth_maxPriorityFeePerGas')) as Hex)
    const nonce = Number(await ask('eth_getTransactionCount', from, 'pending'))
    const gas = wanted.gas ?? ((await ask('eth_estimateGas', call)) as Hex)
    const tip = history.reward.reduce((most, [, middle]) => maxBig(most, BigInt(middle ?? 0n)), suggested)
    const raw = await this.#account.signTransaction({
      type: 'eip1559',
      chainId: Number(await ask('eth_chainId')),
      nonce,
      gas: (BigInt(gas) * 3n) / 2n,
      maxPriorityFeePerGas: tip,
      maxFeePerGas: BigInt(block.baseFeePerGas) * 2n + tip,
      value: BigInt(wanted.value ?? 0),
      data: wanted.data ?? '0x',
      ...(wanted.to === undefined ? {} : { to: wanted.to }),
    })
    return ask('eth_sendRawTransaction', raw)
  }
}
