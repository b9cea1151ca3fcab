import { bondAbi, vaultAbi } from '@millrace/contracts'
import {
  BaseError,
  ContractFunctionRevertedError,
  compactSignatureToHex,
  getAddress,
  type Hex,
  keccak256,
  parseEther,
  parseSignature,
  signatureToCompactSignature,
  toHex,
  toRlp,
} from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, quickChain, rpc } from '../testing/clients.ts'
import type { ChainNode } from './chain.ts'
import { defaultGenesis } from './genesis/config.ts'

let node: ChainNode
beforeAll(async () => {
  node = await quickChain()
})
afterAll(() => node.close())

/** Init code that stores `runtime`. */
const deploying = (runtime: Hex): Hex => {
  const size = (runtime.length - 2) / 2
  return `0x60${size.toString(16).padStart(2, '0')}600c60003960${size.toString(16).padStart(2, '0')}6000f3${runtime.slice(2)}`
}
/** Logs its first 32 bytes of input as a topic, twice. */
const logger = deploying('0x60003560006000a160003560006000a100')
/** Reverts without a word. */
const reverter = deploying('0x60006000fd')
const word = (value: number): Hex => toHex(value, { size: 32 })

const deploy = async (data: Hex, index = 0) => {
  const { wallet, receipt } = connect(node, index)
  const { contractAddress } = await receipt(await wallet.sendTransaction({ data }))
  if (contractAddress === null || contractAddress === undefined) throw new Error('nothing was deployed')
  return contractAddress
}

const flattened = (thrown: unknown): string => {
  return thrown instanceof BaseError ? `${thrown.walk()} ${thrown.details} ${thrown.message}` : String(thrown)
}
const refusal = (promise: Promise<unknown>) => promise.then(() => 'accepted', flattened)

describe('transfers', () => {
  test('money moves, and gas is paid at the effective price', async () => {
    const { reader, wallet, account, receipt } = connect(node, 0)
    const to = '0x00000000000000000000000000000000000000aa'
    const before = await reader.getBalance(account)
    const done = await receipt(await wallet.sendTransaction({ to, value: parseEther('3') }))
    expect(done).toMatchObject({ status: 'success', gasUsed: 21_000n, type: 'eip1559', to })
    expect(done.effectiveGasPrice).toBeGreaterThanOrEqual(BigInt(defaultGenesis.priceFloor))
    expect(await reader.getBalance({ address: to })).toBe(parseEther('3'))
    expect(await reader.getBalance(account)).toBe(before - parseEther('3') - 21_000n * done.effectiveGasPrice)
    const old = await reader.getBalance({ ...account, blockNumber: done.blockNumber - 1n })
    expect(old, 'history stays readable').toBe(before)
  })

  test('legacy and access-list transactions are as good', async () => {
    const { reader, wallet, account, receipt } = connect(node, 2)
    const gasPrice = await reader.getGasPrice()
    const legacy = await wallet.sendTransaction({ to: account.address, gasPrice, type: 'legacy' })
    expect(await receipt(legacy)).toMatchObject({ status: 'success', type: 'legacy' })
    const accessList = [{ address: node.vaultAddress, storageKeys: [word(1)] }]
    const listed = await wallet.sendTransaction({ to: account.address, gasPrice, type: 'eip2930', accessList })
    expect(await receipt(listed)).toMatchObject({ status: 'success', type: 'eip2930', gasUsed: 25_300n })
    const seen = await reader.getTransaction({ hash: listed })
    expect(seen.accessList).toEqual([{ address: node.vaultAddress.toLowerCase(), storageKeys: [word(1)] }])
  })

  test('what the chain shows of a transaction hashes to its hash', async () => {
    const { reader, wallet, receipt } = connect(node, 0)
    const {
      transactionHash: hash,
      blockHash,
      transactionIndex,
    } = await receipt(await wallet.sendTransaction({ to: node.vaultAddress, value: 0n, data: '0x', gas: 60_000n }))
    const tx = await reader.getTransaction({ hash })
    const fields = [tx.chainId, tx.nonce, tx.maxPriorityFeePerGas, tx.maxFeePerGas, tx.gas]
    const number = (value: bigint | number | undefined): Hex => (value ? toHex(value) : '0x')
    const list = [...fields.map(number), tx.to ?? '0x', number(tx.value), tx.input, [], number(tx.yParity), tx.r, tx.s]
    expect(keccak256(`0x02${toRlp(list as Hex[]).slice(2)}`)).toBe(hash) // viem's type wants one depth of lists
    expect(await reader.getTransaction({ blockHash, index: transactionIndex })).toEqual(tx)
  })
})

describe('the vault', () => {
  test('stands at its fixed address with the genesis hash as salt', async () => {
    const { reader } = connect(node, 1)
    const { domain } = await reader.getEip712Domain({ address: node.vaultAddress })
    expect(domain).toMatchObject({ name: 'millrace', version: '1', chainId: 19_990, salt: node.genesisHash })
    expect((await reader.getBlock({ blockNumber: 0n })).hash).toBe(node.genesisHash)
    const [deployment] = await reader.getBlock({ blockNumber: 1n }).then(({ transactions }) => transactions)
    const done = await reader.getTransactionReceipt({ hash: deployment ?? '0x' })
    expect(getAddress(done.contractAddress ?? '0x')).toBe(node.vaultAddress)
    expect(done.gasUsed, 'gas left for a larger vault').toBeLessThan(2_500_000n)
  })

  test('has the bonds of its payers beside it, deployed in the same block', async () => {
    const { reader } = connect(node, 1)
    const { transactions } = await reader.getBlock({ blockNumber: 1n })
    const done = await reader.getTransactionReceipt({ hash: transactions[1] ?? '0x' })
    expect(getAddress(done.contractAddress ?? '0x')).toBe(node.bondAddress)
    expect(done.gasUsed, 'gas left for larger bonds').toBeLessThan(2_500_000n)
    const vault = await reader.readContract({ address: node.bondAddress, abi: bondAbi, functionName: 'vault' })
    expect(vault).toBe(node.vaultAddress)
  })

  test('takes a deposit and pays a signed voucher', async () => {
    const payer = connect(node, 3)
    const payee = connect(node, 4)
    const vault = { address: node.vaultAddress, abi: vaultAbi } as const
    const deposit = {
      ...vault,
      functionName: 'depositFor',
      args: [payer.account.address],
      value: parseEther('5'),
    } as const
    const deposited = await payer.receipt(await payer.wallet.writeContract(deposit))
    expect(deposited.logs).toHaveLength(1)
    const message = {
      payer: payer.account.address,
      payee: payee.account.address,
      cumulative: parseEther('2'),
      seq: 1n,
      totalIssued: parseEther('2'),
    }
    const signature = await payer.account.signTypedData({
      domain: {
        name: 'millrace',
        version: '1',
        chainId: 19_990,
        verifyingContract: vault.address,
        salt: node.genesisHash,
      },
      types: {
        Voucher: [
          { name: 'payer', type: 'address' },
          { name: 'payee', type: 'address' },
          { name: 'cumulative', type: 'uint256' },
          { name: 'seq', type: 'uint64' },
          { name: 'totalIssued', type: 'uint256' },
        ],
      },
      primaryType: 'Voucher',
      message,
    })
    const compact = compactSignatureToHex(signatureToCompactSignature(parseSignature(signature)))
    const signed = { ...message, r: compact.slice(0, 66) as Hex, vs: `0x${compact.slice(66)}` as Hex } // two words of hex
    const { request } = await payee.reader.simulateContract({
      ...vault,
      account: payee.account,
      functionName: 'cash',
      args: [signed, payee.account.address],
    })
    const cashed = await payee.receipt(await payee.wallet.writeContract(request))
    expect(cashed.status).toBe('success')
    expect(await payee.reader.getBalance({ address: vault.address })).toBe(parseEther('3'))
    const [event] = await payee.reader.getContractEvents({
      ...vault,
      eventName: 'Cashed',
      args: { payer: payer.account.address },
      fromBlock: deposited.blockNumber,
    })
    expect(event?.args).toMatchObject({ payee: payee.account.address, amount: parseEther('2') })
    expect(event?.transactionHash).toBe(cashed.transactionHash)

    const again = payee.reader.simulateContract({ ...request, abi: vaultAbi })
    const reverted = await again.catch((thrown: BaseError) =>
      thrown.walk((e) => e instanceof ContractFunctionRevertedError),
    )
    expect(reverted).toMatchObject({ data: { errorName: 'NotCashable' } })
  })
})

describe('receipts and logs', () => {
  test('a failed transaction has a receipt, pays for its gas and moves its nonce', async () => {
    const { wallet, account, reader, receipt } = connect(node, 5)
    const address = await deploy(reverter, 5)
    const nonce = await reader.getTransactionCount(account)
    const done = await receipt(await wallet.sendTransaction({ to: address, gas: 50_000n }))
    expect(done).toMatchObject({ status: 'reverted', logs: [] })
    expect(await reader.getTransactionCount(account)).toBe(nonce + 1)
    expect(await reader.getBlockNumber()).toBe(done.blockNumber)
  })

  test('log indexes count over the block, and every way to the logs agrees', async () => {
    const own = await quickChain()
    try {
      const a = connect(own, 0)
      const { contractAddress } = await a.receipt(await a.wallet.sendTransaction({ data: logger }))
      const to = contractAddress ?? '0x'
      const filter = await a.reader.createEventFilter({ address: to })
      const blockFilter = await a.reader.createBlockFilter()
      const nonce = await a.reader.getTransactionCount(a.account)
      // The later nonce first: it waits, so both are in one block.
      const send = (topic: number) =>
        a.wallet.sendTransaction({ to, data: word(topic), gas: 60_000n, nonce: nonce + topic - 1 })
      const hashes = [await send(2), await send(1)]
      const receipts = await Promise.all(hashes.map((hash) => a.receipt(hash)))
      const [first] = receipts
      expect(receipts.map(({ blockHash }) => blockHash)).toEqual([first?.blockHash, first?.blockHash])
      const ordered = receipts.sort((x, y) => x.transactionIndex - y.transactionIndex).flatMap(({ logs }) => logs)
      expect(ordered.map(({ logIndex }) => logIndex)).toEqual([0, 1, 2, 3])
      expect(await a.reader.getLogs({ blockHash: first?.blockHash ?? '0x' })).toEqual(ordered)
      expect(await a.reader.getLogs({ fromBlock: 0n, toBlock: 'latest', address: [to] })).toEqual(ordered)
      expect(await a.reader.getFilterChanges({ filter })).toEqual(ordered)
      expect(await a.reader.getFilterChanges({ filter })).toEqual([])
      expect(await a.reader.getFilterChanges({ filter: blockFilter })).toEqual([first?.blockHash])
      expect(await a.reader.uninstallFilter({ filter })).toBe(true)
      const byTopic = await rpc(own.rpcUrl, 'eth_getLogs', { fromBlock: '0x0', topics: [[word(2), word(9)]] })
      expect(byTopic.result).toHaveLength(2)
      expect((await rpc(own.rpcUrl, 'eth_getLogs', { fromBlock: '0x0', topics: [null, word(2)] })).result).toEqual([])
      const ofBlock = await rpc(own.rpcUrl, 'eth_getBlockReceipts', toHex(first?.blockNumber ?? 0n))
      expect(ofBlock.result).toHaveLength(2)
      await expect(a.reader.getFilterChanges({ filter })).rejects.toThrow('filter not found')
    } finally {
      await own.close()
    }
  })
})

describe('nonces', () => {
  test('a gap waits, is filled, and the pending nonce counts only the unbroken run', async () => {
    const { wallet, account, reader, receipt } = connect(node, 6)
    const nonce = await reader.getTransactionCount(account)
    const send = (offset: number) =>
      wallet.sendTransaction({ to: account.address, nonce: nonce + offset, gas: 21_000n })
    const late = await send(1)
    expect(await reader.getTransactionCount({ ...account, blockTag: 'pending' })).toBe(nonce)
    expect((await reader.getTransaction({ hash: late })).blockHash).toBeNull()
    await receipt(await send(0))
    expect((await receipt(late)).status).toBe('success')
    expect(await reader.getTransactionCount({ ...account, blockTag: 'pending' })).toBe(nonce + 2)
    expect(await refusal(send(0))).toMatch(/nonce too low/i)
    expect(await refusal(send(70))).toMatch(/nonce too high/i)
  })

  test('a waiting transaction is replaced by one that pays a tenth more, and by no other', async () => {
    const { wallet, account, reader, receipt } = connect(node, 7)
    const nonce = await reader.getTransactionCount(account)
    const fees = (percent: bigint) => ({
      maxFeePerGas: (900_000_000_000n * percent) / 100n,
      maxPriorityFeePerGas: (400_000_000_000n * percent) / 100n,
    })
    const send = (percent: bigint, value: bigint) =>
      wallet.sendTransaction({ to: node.vaultAddress, value, nonce: nonce + 1, gas: 80_000n, ...fees(percent) })
    const first = await send(100n, 1n)
    expect(await refusal(send(109n, 2n))).toMatch(/replacement transaction underpriced/)
    expect(await refusal(send(100n, 1n))).toMatch(/already known/)
    const second = await send(110n, 3n)
    await receipt(await wallet.sendTransaction({ to: account.address, nonce, gas: 21_000n }))
    expect((await receipt(second)).transactionHash).toBe(second)
    expect((await rpc(node.rpcUrl, 'eth_getTransactionByHash', first)).result).toBeNull()
  })
})

describe('refusals carry the words that clients know', () => {
  test.each([
    ['too little money', { value: 10n ** 40n }, /exceeds the balance|insufficient funds/],
    ['gas below a transfer', { gas: 20_999n }, /intrinsic gas too low/],
    ['gas above a block', { gas: 30_000_001n }, /exceeds block gas limit/],
    ['a price below the base fee', { maxFeePerGas: 1n, maxPriorityFeePerGas: 0n }, /less than block base fee/],
    ['a price below the floor', { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 1n }, /below this chain's floor/],
  ])('%s', async (_name, fields, words) => {
    const { wallet, account } = connect(node, 8)
    expect(await refusal(wallet.sendTransaction({ to: account.address, gas: 21_000n, ...fields }))).toMatch(words)
  })

  test('a transaction for another chain, with a blob, or torn', async () => {
    const { account } = connect(node, 8)
    const fields = { to: account.address, gas: 21_000n, maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n }
    const foreign = await account.signTransaction({ ...fields, type: 'eip1559', nonce: 0, chainId: 1 })
    const send = async (raw: unknown) => (await rpc(node.rpcUrl, 'eth_sendRawTransaction', raw)).error
    expect(await send(foreign)).toMatchObject({ code: -32602, message: expect.stringMatching(/chain ID/i) })
    expect(await send(foreign.slice(0, -2))).toMatchObject({ code: -32602, message: /invalid transaction/ })
    expect(await send('0x03f870')).toMatchObject({ message: expect.stringMatching(/type not supported/) })
    expect(await send('0x')).toMatchObject({ code: -32602 })
    expect(await send(7)).toMatchObject({ code: -32602 })
    const unprotected = await account.signTransaction({
      type: 'legacy',
      to: account.address,
      gas: 21_000n,
      gasPrice: 10n ** 12n,
    })
    expect(await send(unprotected)).toMatchObject({ message: expect.stringMatching(/replay-protected/) })
  })
})

describe('estimates and fees', () => {
  test('an estimate suffices, and a tenth less does not', async () => {
    const { wallet, account, reader, receipt } = connect(node, 9)
    const call = {
      address: node.vaultAddress,
      abi: vaultAbi,
      functionName: 'depositFor',
      args: [account.address],
    } as const
    const gas = await reader.estimateContractGas({ ...call, account, value: 1n })
    const enough = await receipt(await wallet.writeContract({ ...call, value: 1n, gas }))
    expect(enough.status).toBe('success')
    const again = await reader.estimateContractGas({ ...call, account, value: 1n })
    const short = await receipt(await wallet.writeContract({ ...call, value: 1n, gas: (again * 9n) / 10n }))
    expect(short.status).toBe('reverted')
    expect(await reader.estimateGas({ account, to: account.address, value: 5n })).toBe(21_000n)
    const broke = { ...call, account: `0x${'ab'.repeat(20)}`, value: 1n } as const
    expect(await refusal(reader.estimateContractGas(broke))).toMatch(/insufficient funds|exceeds the balance/)
  })

  test('a revert carries code 3 and its data', async () => {
    const data = '0x08c379a0' // Error(string)
    const text = `${data}${word(32).slice(2)}${word(3).slice(2)}${'6e6f70'.padEnd(64, '0')}` as Hex
    const size = (text.length - 2) / 2
    // Copies `text`, which follows the code, into memory and reverts with it.
    const address = await deploy(
      deploying(`0x60${size.toString(16)}600c60003960${size.toString(16)}6000fd${text.slice(2)}`),
    )
    for (const method of ['eth_call', 'eth_estimateGas']) {
      const { error } = await rpc(node.rpcUrl, method, { to: address })
      expect(error).toEqual({ code: 3, message: 'execution reverted: nop', data: text })
    }
  })

  test('fee history tells base fees of the blocks and of the next', async () => {
    const { reader } = connect(node, 0)
    const newest = await reader.getBlockNumber()
    const history = await reader.getFeeHistory({ blockCount: 4, blockNumber: newest, rewardPercentiles: [10, 50] })
    const block = await reader.getBlock({ blockNumber: newest })
    expect(history.oldestBlock).toBe(newest - 3n)
    expect(history.baseFeePerGas).toHaveLength(5)
    expect(history.baseFeePerGas[3]).toBe(block.baseFeePerGas)
    expect(history.gasUsedRatio[3]).toBeCloseTo(Number(block.gasUsed) / Number(block.gasLimit), 12)
    expect(history.reward?.map((row) => row.length)).toEqual([2, 2, 2, 2])
    expect(await reader.estimateMaxPriorityFeePerGas()).toBe(BigInt(defaultGenesis.priceFloor))
  })

  test('the EVM in a call sees storage, code and this chain', async () => {
    const { reader } = connect(node, 0)
    const code = await reader.getCode({ address: node.vaultAddress })
    expect(code?.length).toBeGreaterThan(1000)
    // CHAINID, then return it.
    const chain = await reader.call({ data: '0x4660005260206000f3' })
    expect(chain.data).toBe(word(19_990))
    expect(await reader.getStorageAt({ address: node.vaultAddress, slot: word(77) })).toBe(word(0))
  })
})
