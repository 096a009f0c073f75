import { type Machine, machineLine } from '../support/machine.ts'
import { markdownTable, short } from '../support/table.ts'
import type { Round } from './round.ts'
import {
  CONTENDERS,
  FAILING,
  LOAD,
  MEDIAN,
  RATE,
  REPLICAS,
  SCENARIO_NAMES,
  SCENARIOS,
  type ScenarioName,
  SIGMA,
  SLOTS,
} from './scenarios.ts'
import { bars, find, type Summary } from './summary.ts'

export interface Result {
  seconds: number
  repeats: number
  machine: Machine
  summaries: readonly Summary[]
  /** Leases taken and given back a second, by policy. */
  speeds: Readonly<Record<string, number>>
  rounds: readonly Round[]
}

/** Milliseconds by which clients may be late before it says more about the machine. */
const LATE = 50

export function report({ seconds, repeats, machine, summaries, speeds }: Result): string {
  const ran = SCENARIO_NAMES.filter((name) => summaries.some(({ scenario }) => scenario === name))
  return [
    `${REPLICAS} replicas with ${SLOTS} slots each, lognormal times with a median of ${MEDIAN} ms (σ ${SIGMA}); 2 client processes, ` +
      `arrivals at random at ${RATE.toFixed(0)}/s (${100 * LOAD} % of what they can do when one is 3× slower)`,
    `windows of ${seconds} s, median of ${repeats}; p50 / p99 in ms from when a request was due, no retries; errors as the client sees them`,
    machineLine(machine),
    '',
    latencies(summaries, ran),
    '',
    errors(summaries, ran),
    '',
    ...Object.entries(speeds).map(
      ([policy, rate]) =>
        `- Leases taken and given back, ${policy}: ${Math.round(rate).toLocaleString('en')}/s`,
    ),
    ...bars(summaries),
    ...doubts(summaries),
    '',
  ].join('\n')
}

function latencies(summaries: readonly Summary[], ran: readonly ScenarioName[]): string {
  const rows = CONTENDERS.map((contender) => [
    contender,
    ...ran.map((name) => {
      const found = find(summaries, name, contender)
      return found ? `${short(found.p50)} / ${short(found.p99)}` : '–'
    }),
  ])
  return markdownTable([['p50 / p99 ms', ...ran.map((name) => SCENARIOS[name].title)], ...rows])
}

function errors(summaries: readonly Summary[], ran: readonly ScenarioName[]): string {
  const failing = FAILING.filter((name) => ran.includes(name))
  if (failing.length === 0) return ''
  const share = (name: ScenarioName, contender: (typeof CONTENDERS)[number], retries: boolean) => {
    const found = find(summaries, name, contender, retries)
    return found ? (100 * found.errors).toFixed(2) : '–'
  }
  const header = failing.flatMap((name) => [SCENARIOS[name].title, 'with retries elsewhere'])
  const rows = CONTENDERS.map((contender) => [
    contender,
    ...failing.flatMap((name) => [share(name, contender, false), share(name, contender, true)]),
  ])
  return markdownTable([['errors %', ...header], ...rows])
}

function doubts(summaries: readonly Summary[]): string[] {
  const worst = Math.max(...summaries.map(({ late }) => late))
  return worst > LATE ? [`- DOUBTFUL: the clients were up to ${worst.toFixed(0)} ms late`] : []
}
