import { describe, expect, it } from 'vitest'
import { scaledDown } from '../testing/scaled-down.ts'
import { resultJson } from './report/json.ts'
import { flashCrowd, flashCrowdPlain } from './scenarios/flash-crowd.ts'
import { steadyState } from './scenarios/steady-state.ts'
import { runScenario } from './swarm-run.ts'

const mib = 1_048_576

describe('a run', () => {
  it('gives the same bytes for the same seed, and others for another', () => {
    const first = resultJson(runScenario(scaledDown(flashCrowd)))
    expect(resultJson(runScenario(scaledDown(flashCrowd)))).toBe(first)
    expect(resultJson(runScenario({ ...scaledDown(flashCrowd), seed: 2 }))).not.toBe(first)
  })

  it.each([scaledDown(flashCrowd), scaledDown(flashCrowdPlain)])('brings $name to everybody', ({ ...scenario }) => {
    const { peers, bytesInFlight, flows } = runScenario(scenario)
    for (const peer of peers) {
      if (peer.class === 'seed') continue
      expect(peer.downloadSeconds).toBeGreaterThan(0)
      // All that it kept is the content, to the byte.
      expect(peer.receivedBytes - peer.wastedBytes).toBe(scenario.contentBytes)
    }
    const sent = peers.reduce((sum, peer) => sum + peer.sentBytes, 0)
    const received = peers.reduce((sum, peer) => sum + peer.receivedBytes, 0)
    expect(sent - received).toBe(bytesInFlight)
    expect(flows.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(sent)
  })

  it('lets nobody exceed its lines', () => {
    const { peers, endedSecond } = runScenario(scaledDown(flashCrowd))
    const burst = 8 * 16_384
    for (const peer of peers) {
      const here = (peer.leftSecond ?? endedSecond) - (peer.arrivedSecond ?? 0)
      expect(peer.sentBytes).toBeLessThanOrEqual(peer.uploadBytesPerSecond * (here + 0.05) + burst)
      const downloading = peer.downloadSeconds ?? here
      if (peer.class === 'seed') continue
      const kept = peer.receivedBytes - peer.wastedBytes
      expect(kept).toBeLessThanOrEqual(peer.downloadBytesPerSecond * downloading + burst)
    }
  })

  it('is bound by the download line where that is the narrow one', () => {
    const [seed] = flashCrowdPlain.classes
    const line = 64 * 1024
    const result = runScenario({
      ...scaledDown(flashCrowdPlain),
      classes: [
        ...(seed === undefined ? [] : [seed]),
        {
          name: 'narrow',
          count: 1,
          uploadBytesPerSecond: mib,
          downloadBytesPerSecond: line,
          arrival: { kind: 'at', second: 0 },
          departure: {},
          has: 'nothing',
          behaviour: { kind: 'client' },
        },
      ],
    })
    const narrow = result.peers.at(-1)
    expect(narrow?.downloadSeconds).toBeGreaterThanOrEqual((8 * mib) / line)
    expect(narrow?.downloadSeconds).toBeLessThan(((8 * mib) / line) * 1.05)
  })

  it('lets peers come one by one, give up and leave after seeding', () => {
    const { peers } = runScenario(scaledDown(steadyState))
    const left = peers.filter(({ leftSecond }) => leftSecond !== null)
    expect(left.length).toBeGreaterThan(0)
    for (const { completedSecond, leftSecond, class: name } of left) {
      expect(name).not.toBe('seed')
      if (completedSecond !== null) expect(leftSecond).toBeGreaterThanOrEqual(completedSecond + 19.999)
    }
    const riders = peers.filter(({ class: name }) => name === 'free rider')
    expect(riders.every(({ sentBytes }) => sentBytes === 0)).toBe(true)
  })

  it('at the piece level moves the same bytes in about the same time', () => {
    const scenario = { ...scaledDown(flashCrowdPlain), contentBytes: 32 * mib }
    const fine = runScenario(scenario)
    const coarse = runScenario({ ...scenario, blocksPerUnit: 4 })
    const meanOf = ({ peers }: typeof fine): number => {
      const times = peers.flatMap(({ downloadSeconds }) => (downloadSeconds === null ? [] : [downloadSeconds]))
      return times.reduce((sum, time) => sum + time, 0) / times.length
    }
    expect(coarse.events).toBeLessThan(fine.events / 2)
    expect(meanOf(coarse) / meanOf(fine)).toSatisfy((it: number) => it >= 0.8 && it <= 1.25)
  })

  it('in turns of 50 ms brings the content to each class in nearly the time it takes event by event', () => {
    const timesOf = (turnMs: number): Map<string, number[]> => {
      const times = new Map<string, number[]>()
      for (let seed = 1; seed <= 8; seed++) {
        const { peers } = runScenario({ ...scaledDown(flashCrowd), seed, turnMs })
        for (const { class: name, downloadSeconds } of peers) {
          if (downloadSeconds !== null) times.set(name, [...(times.get(name) ?? []), downloadSeconds])
        }
      }
      return times
    }
    const meanOf = (times: readonly number[] = []): number => times.reduce((sum, time) => sum + time, 0) / times.length
    const inTurns = timesOf(50)
    const ratios = [...timesOf(0)].map(([name, times]) => meanOf(inTurns.get(name)) / meanOf(times))
    expect(ratios).toHaveLength(3)
    for (const ratio of ratios) expect(ratio).toSatisfy((it: number) => it >= 0.9 && it <= 1.1)
  })

  it('refuses a behaviour that nobody knows', () => {
    const [first] = flashCrowd.classes
    const classes = first === undefined ? [] : [{ ...first, behaviour: { kind: 'saint' } }]
    expect(() => runScenario({ ...flashCrowd, classes })).toThrow('no behaviour saint')
  })
})
