/** Methods that run the EVM: eth_call and eth_estimateGas. */

import type { BlockHeader } from '@ethereumjs/block'
import { decodeErrorResult, parseAbi, toHex, zeroAddress } from 'viem'
import type { CallRequest, CallResult, StateView } from '../execution/port.ts'
import { hexOf, quantity } from '../hex.ts'
import { callHeader, type Methods, needBlock, type RpcContext } from './context.ts'
import { invalidParams, RpcError, rpcCodes } from './errors.ts'
import { address, blockReference, bytes, type Fields, fieldsOf, hash, optionalQuantity } from './params.ts'

/** An estimate may be this much above the least gas that suffices: fewer trials. */
const estimateSlackPercent = 1n
const transferGas = 21_000n
const accessListMax = 4096

export function callMethods(context: RpcContext): Methods {
  const { chain } = context
  const prepare = (value: unknown, at: unknown, overrides: unknown, unless: 'latest' | 'pending') => {
    if (overrides !== undefined && overrides !== null && Object.keys(fieldsOf(overrides, 'overrides')).length > 0) {
      throw invalidParams('state overrides: this chain has none; expected two parameters')
    }
    const reference = blockReference(at ?? unless, 'block')
    const block = needBlock(context, reference)
    const header = callHeader(context, reference, block)
    return { state: chain.engine.state(block), header, fields: fieldsOf(value, 'call') }
  }
  return {
    async eth_call([value, at, overrides]) {
      const { state, header, fields } = prepare(value, at, overrides, 'latest')
      const request = callRequest(fields, header.gasLimit)
      await checkFunds(state, request)
      const result = await state.call(request, header)
      if (result.outcome !== 'success') throw callError(result)
      return hexOf(result.output)
    },
    // Without a block the next one: on a chain that makes blocks on demand, the latest may be hours old.
    async eth_estimateGas([value, at, overrides]) {
      const { state, header, fields } = prepare(value, at, overrides, 'pending')
      return quantity(await estimate(state, header, callRequest(fields, header.gasLimit)))
    },
  }
}

function callRequest(fields: Fields, gasLimit: bigint): CallRequest {
  const input = fields.input ?? fields.data
  const gas = optionalQuantity(fields.gas, 'gas') ?? gasLimit
  return {
    from: fields.from === undefined || fields.from === null ? zeroAddress : address(fields.from, 'from'),
    to: fields.to === undefined || fields.to === null ? undefined : address(fields.to, 'to'),
    data: input === undefined || input === null ? new Uint8Array(0) : bytes(input, 'data'),
    value: optionalQuantity(fields.value, 'value') ?? 0n,
    gas: gas < gasLimit ? gas : gasLimit,
    gasPrice: optionalQuantity(fields.maxFeePerGas ?? fields.gasPrice, 'gas price') ?? 0n,
    accessList: accessListOf(fields.accessList ?? []),
  }
}

function accessListOf(value: unknown): CallRequest['accessList'] {
  const list = (items: unknown, name: string): readonly unknown[] => {
    if (!Array.isArray(items) || items.length > accessListMax) {
      throw invalidParams(`${name}: expected a list of up to ${accessListMax}`)
    }
    return items
  }
  return list(value, 'accessList').map((item) => {
    const fields = fieldsOf(item, 'accessList item')
    const keys = list(fields.storageKeys ?? [], 'storageKeys')
    return { address: address(fields.address, 'address'), storageKeys: keys.map((key) => hash(key, 'storage key')) }
  })
}

async function checkFunds(state: StateView, { from, value }: CallRequest): Promise<bigint> {
  const balance = (await state.account(from))?.balance ?? 0n
  if (balance >= value) return balance
  const message = `insufficient funds for transfer: address ${from} has ${balance}, wants ${value}`
  throw new RpcError(rpcCodes.server, message)
}

async function estimate(state: StateView, header: BlockHeader, asked: CallRequest): Promise<bigint> {
  const balance = await checkFunds(state, asked)
  const affordable = asked.gasPrice === 0n ? asked.gas : (balance - asked.value) / asked.gasPrice
  const most = affordable < asked.gas ? affordable : asked.gas
  const attempt = (gas: bigint) => state.call({ ...asked, gas }, header)
  if (asked.to !== undefined && asked.data.length === 0 && !(await state.account(asked.to))?.hasCode) {
    if (most >= transferGas && (await attempt(transferGas)).outcome === 'success') return transferGas
  }
  const first = await attempt(most)
  if (first.outcome === 'out-of-gas') throw new RpcError(rpcCodes.server, `gas required exceeds allowance (${most})`)
  if (first.outcome !== 'success') throw callError(first)
  let enough = most
  let tooLittle = first.gasUsed - 1n
  while (enough - tooLittle > 1n && (enough - tooLittle) * 100n > enough * estimateSlackPercent) {
    // What a call holds back for its callees (a 64th a level) makes the answer lie near the gas used.
    const guess = tooLittle * 2n < enough ? tooLittle * 2n : (enough + tooLittle) / 2n
    if ((await attempt(guess)).outcome === 'success') enough = guess
    else tooLittle = guess
  }
  return enough
}

/** geth's errors of a failed call, which clients decode: a revert carries its output. */
function callError(result: CallResult): RpcError {
  if (result.outcome === 'out-of-gas') return new RpcError(rpcCodes.server, 'out of gas')
  if (result.outcome === 'failure') return new RpcError(rpcCodes.server, result.failure ?? 'execution failed')
  const reason = revertReason(result.output)
  const message = reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`
  return new RpcError(rpcCodes.reverted, message, hexOf(result.output))
}

const solidityErrors = parseAbi(['error Error(string)', 'error Panic(uint256)'])

function revertReason(output: Uint8Array): string | undefined {
  try {
    const { errorName, args } = decodeErrorResult({ abi: solidityErrors, data: toHex(output) })
    return errorName === 'Error' ? String(args[0]) : `panic code ${quantity(BigInt(args[0]))}`
  } catch {
    return undefined // a custom error, or none: its bytes go as data
  }
}
