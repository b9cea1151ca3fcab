/** The balances of block 0. They sum to the total supply exactly. */

import { assert, formatBtt, parseBtt } from '@millrace/base'
import { ChainError } from '../errors.ts'
import { devAccount, vaultDeployer } from './accounts.ts'
import { checkGenesis, type GenesisConfig, totalSupply } from './config.ts'
import { contractsDeployCost } from './vault.ts'

/**
 * Lower-case address to base units: dev accounts, the deployer of the contracts and what the first validators stake
 * taken out of one row.
 *
 * @throws ChainError bad-genesis
 */
export function genesisBalances(config: GenesisConfig): ReadonlyMap<string, bigint> {
  checkGenesis(config)
  const balances = new Map<string, bigint>()
  const add = (address: string, amount: bigint) => {
    const key = address.toLowerCase()
    balances.set(key, (balances.get(key) ?? 0n) + amount)
  }
  for (const { address, amount } of config.allocation) add(address, parseBtt(amount))
  let taken = contractsDeployCost(config)
  add(vaultDeployer.address, taken)
  config.devAccounts.amounts.forEach((text, index) => {
    const amount = parseBtt(text)
    add(devAccount(index).address, amount)
    taken += amount
  })
  for (const { operator, stake } of config.staking?.validators ?? []) {
    add(operator, parseBtt(stake))
    taken += parseBtt(stake)
  }
  const source = config.allocation.find((row) => row.name === config.devAccounts.takenFrom)
  assert(source !== undefined, 'checkGenesis has found the row')
  if (parseBtt(source.amount) < taken) {
    const needs = `${formatBtt(taken)} BTT for dev accounts, the deployer of the contracts and first stakes`
    throw new ChainError('bad-genesis', `genesis: "${source.name}" holds ${source.amount} BTT; expected ${needs}`)
  }
  add(source.address, -taken)
  const sum = [...balances.values()].reduce((total, amount) => total + amount, 0n)
  assert(sum === totalSupply, 'balances that sum to the total supply')
  return balances
}
