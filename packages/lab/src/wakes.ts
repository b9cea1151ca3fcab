/** What a peer of a run wakes up for; events carry the numbers. */

export const wakes = { tick: 0, settle: 1, arrive: 2, leave: 3, verifies: 4, abort: 5 } as const
