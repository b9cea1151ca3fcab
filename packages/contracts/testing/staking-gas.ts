/** Gas of staking: each call of a user, and what the chain calls with as much registered as there can be. */

import { account, btt, gasOf, StakeWorld } from './stake-world.ts'

const membersMost = 100
const candidatesMost = 128
const epochsMost = 200

export async function stakingGas(): Promise<Readonly<Record<string, number>>> {
  return { ...(await userGas()), ...(await chainGas()) }
}

async function userGas() {
  const world = await StakeWorld.create({ epochBlocks: 10n, unbondingEpochs: 1n })
  const [alice, bob, carol] = [account(0), account(1), account(2)]
  await world.fund(alice, bob, carol)
  const gas: Record<string, number> = {}
  const note = async (name: string, call: Promise<Parameters<typeof gasOf>[0]>) => {
    gas[name] = Number(gasOf(await call, world.staking))
  }
  gas['register a validator'] = Number(await world.register(alice, 2_000_000n * btt))
  await world.register(bob, 2_000_000n * btt)
  await world.nextEpoch()
  await world.nextBlock()
  const { staking } = world
  await note('delegate a first time', staking.callAs(carol, 'delegate', [alice], 1_000n * btt))
  await world.nextBlock()
  await note('delegate again', staking.callAs(carol, 'delegate', [alice], 1_000n * btt))
  await world.nextBlock()
  await note('claimRewards', staking.callAs(carol, 'claimRewards', [alice, carol]))
  await world.nextBlock()
  await note('restake', staking.callAs(carol, 'restake', [alice]))
  await world.nextBlock()
  await note('redelegate', staking.callAs(carol, 'redelegate', [alice, bob, 500n * btt]))
  await world.nextBlock()
  await note('unbond', staking.callAs(carol, 'unbond', [alice, 500n * btt]))
  for (let i = 0; i < 2; i++) await world.nextEpoch()
  await note('claim', staking.callAs(carol, 'claim', [carol]))
  return gas
}

async function chainGas() {
  const parameters = { epochBlocks: 10n, unbondingEpochs: BigInt(epochsMost), validatorsMax: BigInt(membersMost) }
  const world = await StakeWorld.create({ ...parameters, downtimeMissesMax: 1n })
  const accounts = Array.from({ length: candidatesMost + 1 }, (_, index) => account(index))
  await world.fund(...accounts)
  // Rising stakes are the worst order for a heap of the largest.
  for (const [index, who] of accounts.slice(0, candidatesMost).entries()) {
    await world.register(who, BigInt(1_000_000 + index) * btt)
  }
  const gas: Record<string, number> = {}
  gas['register when 128 stand already'] = Number(await world.register(account(candidatesMost), 2_000_000n * btt))
  gas['chain: first election of 100 among 128'] = Number(await world.endEpoch())
  for (let i = 0; i < 2; i++) await world.nextBlock()
  gas['chain: beginBlock that activates 100'] = Number(await world.nextBlock())
  const proposer = account(candidatesMost)
  await world.nextBlock({ proposer })
  gas['chain: beginBlock, all voted'] = Number(await world.nextBlock({ proposer }))
  const missed = accounts.slice(60, 93)
  gas['chain: beginBlock, 33 of 100 missed'] = Number(await world.nextBlock({ proposer, missed }))
  gas['chain: beginBlock that jails 33'] = Number(await world.nextBlock({ proposer, missed }))
  gas['chain: next election'] = Number(await world.endEpoch())
  for (let i = 0; i < 2; i++) await world.nextBlock({ proposer })
  gas['chain: beginBlock that activates the next set'] = Number(await world.nextBlock({ proposer }))
  return { ...gas, ...(await slashGas()) }
}

/** Evidence that is as old as it can be, with stake leaving in each epoch since. */
async function slashGas() {
  const world = await StakeWorld.create({ epochBlocks: 10n, unbondingEpochs: BigInt(epochsMost) })
  const [alice, bob] = [account(0), account(1)]
  await world.fund(alice, bob, account(2))
  await world.register(alice, 2_000_000n * btt)
  await world.register(bob, 2_000_000n * btt)
  await world.nextEpoch()
  const height = world.evm.number - 1n
  for (let i = 0; i < epochsMost; i++) {
    // A delegator has 32 unbondings at most: there are several.
    const who = account(10 + Math.floor(i / 32))
    if (i % 32 === 0) {
      await world.fund(who)
      gasOf(await world.staking.callAs(who, 'delegate', [alice], btt), world.staking)
    }
    gasOf(await world.staking.callAs(who, 'unbond', [alice, 1_000n]), world.staking)
    world.evm.number += 10n
    await world.endEpoch()
  }
  return { 'chain: doubleSign with 200 epochs of leavers': Number(await world.doubleSign(alice, height, bob)) }
}
