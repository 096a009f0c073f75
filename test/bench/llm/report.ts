import type { Measurement } from '../support/http-load.ts'
import { type Machine, machineLine } from '../support/machine.ts'
import { median } from '../support/statistics.ts'
import { markdownTable, short } from '../support/table.ts'
import { CONTENDERS, type ContenderName } from './contenders.ts'
import type { LlmOptions } from './options.ts'

export interface Round extends Measurement {
  contender: ContenderName
  concurrency: number
  repeat: number
}

export interface Result extends LlmOptions {
  machine: Machine
  rounds: readonly Round[]
}

/** What ours is to reach against Portkey, at every concurrency. */
const BARS = [
  { contender: 'agentctl', name: 'not in the cache', factor: 1.5 },
  { contender: 'agentctl-hit', name: 'from the cache', factor: 10 },
] as const

export function report({ machine, rounds, concurrency, contenders, seconds, repeats }: Result): string {
  const header = [
    'requests under way',
    ...concurrency.flatMap((c) => [`${c}: req/s`, '÷ Portkey', 'p50 ms', 'p99 ms']),
  ]
  const rows = contenders.map((contender) => [
    CONTENDERS[contender].title,
    ...concurrency.flatMap((c) => cells(rounds, contender, c)),
  ])
  return [
    `one server process each, closed loop of ${seconds} s, median of ${repeats}; ratios within a repeat`,
    machineLine(machine),
    '',
    markdownTable([header, ...rows]),
    '',
    ...concurrency.flatMap((c) => bars(rounds, c)),
    `- Failed requests: ${rounds.reduce((sum, { failed }) => sum + failed, 0)}`,
    '',
  ].join('\n')
}

function cells(rounds: readonly Round[], contender: ContenderName, concurrency: number): string[] {
  const own = of(rounds, contender, concurrency)
  const middle = (value: (round: Round) => number) => median(own.map(value))
  const times = ratio(rounds, contender, 'portkey', concurrency, ({ rate }) => rate)
  return [
    Math.round(middle(({ rate }) => rate)).toLocaleString('en'),
    Number.isFinite(times) ? `×${short(times)}` : '–',
    short(middle(({ p50 }) => p50)),
    short(middle(({ p99 }) => p99)),
  ]
}

function bars(rounds: readonly Round[], concurrency: number): string[] {
  return BARS.flatMap(({ contender, name, factor }) => {
    const times = ratio(rounds, contender, 'portkey', concurrency, ({ rate }) => rate)
    if (!Number.isFinite(times)) return []
    const verdict = times >= factor ? 'met' : 'NOT MET'
    return [`- ${concurrency} under way, ${name}: ×${short(times)} of Portkey, bar ×${factor}: ${verdict}`]
  })
}

/** Repeat by repeat, so that a machine that is slow for a while counts for both. NaN where one did not run. */
function ratio(
  rounds: readonly Round[],
  one: ContenderName,
  other: ContenderName,
  concurrency: number,
  value: (round: Round) => number,
): number {
  const others = new Map(of(rounds, other, concurrency).map((round) => [round.repeat, value(round)]))
  return median(
    of(rounds, one, concurrency).map((round) => value(round) / (others.get(round.repeat) ?? Number.NaN)),
  )
}

function of(rounds: readonly Round[], contender: ContenderName, concurrency: number): Round[] {
  return rounds.filter((round) => round.contender === contender && round.concurrency === concurrency)
}
