/** One run of a scenario: who comes when, who meets whom, and what it came to. */

import type { Btt, Random } from '@millrace/base'
import { arrivalTimes } from './arrivals.ts'
import type { BehaviourMaker } from './behaviour.ts'
import { clientBehaviours } from './client-behaviours.ts'
import { type Content, contentOf } from './content.ts'
import { DelayMeter } from './delay-meter.ts'
import { drawQuantity, exponential, streamOf } from './draws.ts'
import { EventQueue } from './event-queue.ts'
import { LabPeer } from './lab-peer.ts'
import type { Neighbour } from './neighbour.ts'
import type { PeerTerms, World } from './peer-terms.ts'
import { Purse } from './purse.ts'
import { Recorder } from './recorder.ts'
import type { LabResult } from './result.ts'
import type { PeerClass, Scenario } from './scenario.ts'
import { ScenarioError } from './scenario-error.ts'
import { Trade } from './trade.ts'
import { Turns } from './turns.ts'
import { limitOfLine } from './uplink.ts'
import { Vault } from './vault.ts'

const populationStream = 0
const meetingStream = 1
const firstPeerStream = 2
/** Apart from the peers' own streams, so that what a behaviour draws moves nothing else. */
const firstBehaviourStream = 8_000_000
/** Draws of a peer to connect to before it gives up, for each connection wanted. */
const drawsAConnection = 3

export interface RunOptions {
  /** Behaviours beside the client's own, by kind. */
  readonly behaviours?: Readonly<Record<string, BehaviourMaker>>
  /** Called each virtual second. */
  readonly onSecond?: (run: SwarmRun, second: number) => void
}

/**
 * Runs a scenario to its end.
 *
 * @throws ScenarioError when a class names a behaviour that nobody knows
 * @example
 * const { peers } = runScenario(scenarios['flash-crowd'])
 * peers.map((peer) => peer.downloadSeconds)
 */
export function runScenario(scenario: Scenario, options: RunOptions = {}): LabResult {
  return new SwarmRun(scenario, options).run()
}

export class SwarmRun implements World<LabPeer> {
  readonly scenario: Scenario
  readonly events = new EventQueue()
  readonly content: Content
  readonly downDelays = new DelayMeter()
  readonly upDelays = new DelayMeter()
  readonly vault = new Vault()
  readonly peers: LabPeer[] = []
  readonly #options: RunOptions
  readonly #recorder: Recorder
  readonly #meeting: Random
  /** Who is here, in no order that matters; where each stands. */
  readonly #present: LabPeer[] = []
  readonly #places = new Map<LabPeer, number>()
  readonly #known = new Map<LabPeer, Set<LabPeer>>()
  /** Those that came or will come for the content and are not done. */
  #unfinished = 0

  constructor(scenario: Scenario, options: RunOptions = {}) {
    this.scenario = scenario
    this.#options = options
    this.content = contentOf(scenario)
    this.#meeting = streamOf(scenario.seed, meetingStream)
    this.#recorder = new Recorder(scenario, this.content)
    const population = streamOf(scenario.seed, populationStream)
    for (const [classIndex, plan] of scenario.classes.entries()) this.#populate(plan, classIndex, population)
  }

  run(): LabResult {
    const { secondsMax } = this.scenario
    this.events.at(1000, { wake: () => this.#second() }, 0)
    this.events.runUntil(secondsMax * 1000)
    return this.#recorder.result(this)
  }

  onArrive(peer: LabPeer): void {
    this.#places.set(peer, this.#present.length)
    this.#present.push(peer)
    this.#known.set(peer, new Set())
    this.meet(peer, peer.connectionsWanted)
  }

  onComplete(peer: LabPeer): void {
    this.#unfinished--
    const { seedSeconds } = peer.terms.plan.departure
    if (seedSeconds !== undefined) peer.plan(this.events.now() + seedSeconds * 1000, 'leave')
    for (const neighbour of [...peer.neighbours]) {
      const other = neighbour.other as LabPeer // all owners of a run are its peers
      if (other.isComplete && neighbour.paid === undefined && neighbour.twin.paid === undefined) {
        peer.disconnect(neighbour)
      }
    }
  }

  onLeave(peer: LabPeer): void {
    const place = this.#places.get(peer) ?? -1
    const last = this.#present.pop()
    this.#places.delete(peer)
    this.#known.delete(peer)
    if (last !== undefined && last !== peer) {
      this.#present[place] = last
      this.#places.set(last, place)
    }
    if (peer.completedMs === undefined) this.#unfinished--
  }

  onServed(seller: LabPeer, buyer: number, bytes: number, billed: Btt): void {
    this.#recorder.onServed(seller.classIndex, buyer, bytes, billed)
  }

  /** Connects a peer to up to `count` of those who are here, as a tracker's answer would. */
  meet(peer: LabPeer, count: number): void {
    const known = this.#known.get(peer)
    if (known === undefined) return
    let open = count
    for (let draw = 0; draw < count * drawsAConnection && open > 0; draw++) {
      const other = this.#present[this.#meeting.below(this.#present.length)]
      if (other === undefined || other === peer || known.has(other)) continue
      if (other.neighbours.length >= other.connectionsMax || peer.neighbours.length >= peer.connectionsMax) continue
      if (peer.isComplete && other.isComplete) continue
      this.#connect(peer, other)
      open--
    }
  }

  #connect(a: LabPeer, b: LabPeer): void {
    const latencyMs = a.terms.latencyMs + b.terms.latencyMs
    const left = a.admit(b, latencyMs)
    const right = b.admit(a, latencyMs)
    left.tie(right)
    right.tie(left)
    this.#known.get(a)?.add(b)
    this.#known.get(b)?.add(a)
    const sold = this.#trade(b, a, right)
    const bought = this.#trade(a, b, left)
    a.greet(left, sold)
    b.greet(right, bought)
  }

  /** `end`: the seller's of their connection. */
  #trade(seller: LabPeer, buyer: LabPeer, end: Neighbour): Trade | undefined {
    if (!seller.shop.sells || buyer.wallet === undefined || buyer.isComplete) return undefined
    const { events } = this
    const { id: handle, latencyMs, twin } = end
    const say = (act: () => void): void => twin.say(act, events)
    const trade = new Trade({ seller: seller.shop, buyer: buyer.wallet, handle, latencyMs, events, say })
    seller.shop.open(trade)
    return trade
  }

  /** Forgets that two have met, so that they may again: one of them closed. */
  onDisconnect(a: LabPeer, b: LabPeer): void {
    this.#known.get(a)?.delete(b)
    this.#known.get(b)?.delete(a)
  }

  #populate(plan: PeerClass, classIndex: number, random: Random): void {
    const { scenario } = this
    const known: Readonly<Record<string, BehaviourMaker>> = { ...clientBehaviours, ...this.#options.behaviours }
    const maker = known[plan.behaviour.kind]
    if (maker === undefined) throw new ScenarioError('unknown-behaviour', `no behaviour ${plan.behaviour.kind}`)
    for (const timeMs of arrivalTimes(plan.arrival, plan.count, random)) {
      const id = this.peers.length
      const own = streamOf(scenario.seed, firstPeerStream + id)
      const upload = drawQuantity(plan.uploadBytesPerSecond, random) / this.content.scale
      const terms: PeerTerms = {
        id,
        classIndex,
        plan,
        uploadBytesPerSecond: upload,
        lineBytesPerSecond:
          (plan.lineBytesPerSecond ?? (upload * this.content.scale) / limitOfLine) / this.content.scale,
        downloadBytesPerSecond: drawQuantity(plan.downloadBytesPerSecond, random) / this.content.scale,
        latencyMs: drawQuantity(scenario.latencyMs, random),
        unchokeSlots: scenario.unchokeSlots,
        connectionsMax: plan.connectionsMax ?? scenario.connectionsMax,
        behaviour: maker(plan.behaviour, streamOf(scenario.seed, firstBehaviourStream + id)),
        purse: plan.pays === undefined ? undefined : new Purse(plan.pays, this.content),
        turns: new Turns(scenario.turnMs ?? 0, id),
        random: own,
      }
      const peer = new LabPeer(terms, this)
      this.peers.push(peer)
      if (!peer.isComplete) this.#unfinished++
      peer.plan(timeMs, 'arrive')
      const { abortsPerSecond } = plan.departure
      if (abortsPerSecond !== undefined && abortsPerSecond > 0) {
        peer.plan(timeMs + exponential(random, abortsPerSecond) * 1000, 'abort')
      }
    }
  }

  #second(): void {
    const second = Math.round(this.events.now() / 1000)
    this.#recorder.sample(second, this)
    this.#options.onSecond?.(this, second)
    if (this.#unfinished === 0) return this.events.after(settleAfterMs, () => this.events.stop())
    this.events.at(this.events.now() + 1000, { wake: () => this.#second() }, 0)
  }
}

/** When everybody is done, what is on its way arrives: bills, vouchers, blocks. */
const settleAfterMs = 4_000
