/**
 * The lab: a swarm in virtual time over the client's own policies (upload market, choker, downloader with its picker and
 * request window, the buyer's rules). A scenario is plain data, so is its result; the same scenario gives the same bytes.
 *
 *     parseScenario -> runScenario -> resultJson, peersCsv, samplesCsv, reportHtml
 *
 * Lines and latency are modelled (`uplink.ts`, `downlink.ts`), vouchers are promises without signatures (`trade.ts`).
 * Other kinds of peers are behaviours (`behaviour.ts`) handed to `runScenario`. A study (`studies/study.ts`) runs a swarm in
 * several arms over many seeds: the table, the attacks, the published mechanisms and the economy of docs/lab.md. A sweep
 * (`sweep/sweep.ts`) runs a scenario over a grid of two of its parameters in worker threads.
 */

export type { AgentView, Behaviour, BehaviourMaker, Choker, ChokerEvents } from './behaviour.ts'
export type { Neighbour } from './neighbour.ts'
export { parseScenario } from './parse-scenario.ts'
export { peersCsv, samplesCsv } from './report/csv.ts'
export { reportHtml } from './report/html.ts'
export { resultJson } from './report/json.ts'
export type { LabResult, PeerResult, Sample } from './result.ts'
export type { PeerClass, Scenario } from './scenario.ts'
export { ScenarioError } from './scenario-error.ts'
export { findScenario, scenarios } from './scenarios/catalogue.ts'
export type { Scheduler } from './scheduler.ts'
export { findStudies, studies } from './studies/catalogue.ts'
export {
  type Measure,
  type Reading,
  runStudy,
  type Study,
  type StudyResult,
  seedsOf,
  summaryOf,
} from './studies/study.ts'
export { studiesHtml } from './studies/study-html.ts'
export { studyCsv, studyJson, studyMarkdown, studyText } from './studies/study-text.ts'
export { type RunOptions, runScenario, type SwarmRun } from './swarm-run.ts'
export { pageSweep } from './sweep/page-sweep.ts'
export { type SweepParameter, sweepParameters } from './sweep/parameters.ts'
export type { SweepAxis, SweepPlan, SweepResult } from './sweep/sweep.ts'
export { SweepError } from './sweep/sweep-error.ts'
export { sweepHtml } from './sweep/sweep-html.ts'
export { sweepMeasures } from './sweep/sweep-measures.ts'
export { runSweep, type SweepOptions } from './sweep/sweep-pool.ts'
export { sweepCsv, sweepJson, sweepMarkdown, sweepText } from './sweep/sweep-text.ts'
export { agreementOf, agrees } from './validation/agreement.ts'
export { modelHash, modelPackages, shapesOf } from './validation/model-hash.ts'
export { predictShape } from './validation/predict.ts'
export { validationMarkdown } from './validation/validation-markdown.ts'
