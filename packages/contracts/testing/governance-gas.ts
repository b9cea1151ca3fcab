/** Gas of governance: what each step of a proposal costs who takes it. */

import { deposit, GovernWorld, hashOf, listsOf, timelockSeconds } from './govern-world.ts'
import { account, btt, gasOf } from './stake-world.ts'

export async function governanceGas(): Promise<Readonly<Record<string, number>>> {
  const world = await GovernWorld.create()
  const { stake, governor } = world
  const [alice, carol, dave] = [account(0), account(1), account(2)]
  await stake.fund(alice, carol, dave)
  await stake.register(alice, 2_000_000n * btt)
  await stake.staking.callAs(carol, 'delegate', [alice], 1_000_000n * btt)
  await stake.nextEpoch()
  const gas: Record<string, number> = {}
  const note = async (name: string, call: Promise<Parameters<typeof gasOf>[0]>) => {
    gas[name] = Number(gasOf(await call, governor))
  }
  const [targets, values, calldatas] = listsOf([world.parameterAction('gasPriceFloor', 10n ** 9n)])
  const args = [targets, values, calldatas, 'Lower the floor'] as const
  const id = await governor.read('getProposalId', [targets, values, calldatas, hashOf('Lower the floor')])
  await note('propose a parameter', governor.callAs(dave, 'proposeWithDeposit', args, deposit))
  world.pass((await governor.read('votingDelay', [])) + 1n)
  await note('castVote of a validator', governor.callAs(alice, 'castVote', [id, 1]))
  await note('castOverride of one pool', governor.callAs(carol, 'castOverride', [id, 1, [alice], '']))
  await world.close()
  await note('queue', governor.callAs(dave, 'queue', [id]))
  stake.evm.time += timelockSeconds
  await note('execute a parameter', governor.callAs(dave, 'execute', [id]))
  await note('settleDeposit', governor.callAs(dave, 'settleDeposit', [id]))
  return gas
}
