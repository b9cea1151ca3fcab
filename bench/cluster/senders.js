// Accounts with money to send, out of the embedded genesis' faucet.

import { setTimeout as delay } from 'node:timers/promises'
import { mnemonicToAccount } from 'viem/accounts'
import { account, sendAll, sign } from '../chain-speed/client.js'

/** Below what an account may have waiting. */
const fundedAtOnce = 50
const fund = 10n ** 24n
const pollMilliseconds = 20
const mnemonic = 'test test test test test test test test test test test junk'

/** @returns `count` accounts whose money each of the nodes shows */
export async function fundedSenders(rpcs, chainId, count) {
  const accounts = Array.from({ length: count }, (_item, index) => account(index))
  const root = mnemonicToAccount(mnemonic)
  const faucet = { key: root.getHdKey().privateKey, address: root.address }
  const first = Number(await rpcs[0].call('eth_getTransactionCount', faucet.address, 'latest'))
  const funding = accounts.map(({ address }, index) => {
    return sign(faucet, chainId, { nonce: first + index, to: address, value: fund, gas: 21_000n })
  })
  for (let at = 0; at < count; at += fundedAtOnce) await sendAll(rpcs[0], funding.slice(at, at + fundedAtOnce))
  const last = accounts[count - 1].address
  for (const rpc of rpcs) {
    while (BigInt(await rpc.call('eth_getBalance', last, 'latest')) === 0n) await delay(pollMilliseconds)
  }
  return accounts
}
