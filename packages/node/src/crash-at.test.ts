import { afterEach, expect, test, vi } from 'vitest'
import { crashFrom } from './crash-at.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('nobody dies who was not asked to', () => {
  expect(crashFrom({})).toBeUndefined()
  expect(crashFrom({ MILLRACE_CRASH_AT: '' })).toBeUndefined()
})

test('kills at the pass that was asked for, and at no other point', () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
  const crash = crashFrom({ MILLRACE_CRASH_AT: 'payer.sent:3' })
  for (const point of ['payer.sent', 'payer.issued', 'payer.issued', 'payer.sent'] as const) crash?.at(point)
  expect(kill).not.toHaveBeenCalled()
  crash?.at('payer.sent')
  expect(kill.mock.calls).toEqual([[process.pid, 'SIGKILL']])
})

test.each(['payer.sold', 'payer.sent:0', 'payer.sent:x', 'payer.sent:1:1'])(
  '%s is refused with the points there are',
  (asked) => {
    expect(() => crashFrom({ MILLRACE_CRASH_AT: asked })).toThrow(/expected POINT or POINT:COUNT of books.locked, /)
  },
)
