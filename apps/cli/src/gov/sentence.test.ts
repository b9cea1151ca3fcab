import { expect, it } from 'vitest'
import { actionTable, labelOf, sentenceOfAction } from './sentence.ts'

const to = '0x00000000000000000000000000000000000000cc'

it('what others wrote moves no cursor', () => {
  const named = { kind: 'parameter', name: 'a\u001b[2Jb\nc', value: 1n } as const
  expect(sentenceOfAction(named)).toBe('sets a [2Jb c to 1')
  const known = { contract: 'Staking', signature: 'note(string)', args: ['"\u009b2J"'] }
  expect(sentenceOfAction({ kind: 'call', to, value: 0n, data: '0x', known })).toBe(
    'calls note(string) of Staking with " 2J"',
  )
})

it('a deadline beyond the calendar is a number', () => {
  const action = { kind: 'airdrop-add', root: '0xab', deadlineSeconds: 2n ** 200n, amount: 1n } as const
  expect(sentenceOfAction(action)).toMatch(
    /until second 16069380442589902755419620923411626025222029937827928353013\d+$/,
  )
})

it('a call that no contract of the chain knows is shown as its bytes', () => {
  const raw = { kind: 'call', to, value: 5n * 10n ** 17n, data: '0x1234' } as const
  expect(labelOf(raw)).toBe('call')
  expect(actionTable([raw, { kind: 'unpause' }])).toEqual([
    'action  contract                                             what it does',
    `1       ${to}           calls ${to} with 0x1234 and sends 0.5 BTT`,
    '2       Guardian 0x0000000000000000000000000000000000001006  ends a pause',
  ])
})
