import { type Machine, machineLine } from '../support/machine.ts'
import { median } from '../support/statistics.ts'
import { markdownTable, short } from '../support/table.ts'
import { bars } from './bars.ts'
import { CONTENDERS } from './contenders/contender.ts'
import { IN_FLIGHT } from './events.ts'
import type { Settings } from './options.ts'
import { mistakes, type Round, STEADY_RATE } from './round.ts'
import { ratio, type Spread, type Summary } from './summary.ts'

export interface Result extends Settings {
  machine: Machine
  summaries: readonly Summary[]
  rounds: readonly Round[]
}

export function report(result: Result): string {
  const { machine, summaries, rounds } = result
  return [
    conditions(result),
    machineLine(machine),
    '',
    speeds(summaries, rounds),
    '',
    'Processor time in milliseconds for 1,000 events:',
    '',
    costs(summaries),
    '',
    ...bars(summaries, rounds),
    `- Events lost, repeated or not acknowledged: ${rounds.flatMap(mistakes).length === 0 ? 'none' : 'SOME, see stderr'}`,
    ...summaries.flatMap((summary) => doubt(summary, rounds)),
    '',
  ].join('\n')
}

function conditions({ seconds, events, repeats, together, aof }: Settings): string {
  const length = events === undefined ? `about ${seconds} s` : `${events.toLocaleString('en')} events`
  const where = together ? 'one process' : 'a publishing and a consuming process'
  return [
    `${where}, ${IN_FLIGHT} publishes under way, up to ${IN_FLIGHT} handlers at a time`,
    `latency at ${STEADY_RATE} events/s`,
    `measurements of ${length}, median of ${repeats} (least–most); ratios within a repeat`,
    aof ? 'append-only file every second' : 'nothing on disk',
  ].join('; ')
}

function speeds(summaries: readonly Summary[], rounds: readonly Round[]): string {
  const header = ['', 'publish events/s', '÷ raw', 'end to end events/s', '÷ raw', 'p50 ms', 'p99 ms']
  const rows = summaries.map(({ contender, publish, endToEnd, p50, p99 }) => [
    CONTENDERS[contender].title,
    spread(publish, thousands),
    times(ratio(rounds, contender, 'raw', 'publish')),
    spread(endToEnd, thousands),
    times(ratio(rounds, contender, 'raw', 'endToEnd')),
    spread(p50, short),
    spread(p99, short),
  ])
  return markdownTable([header, ...rows])
}

function costs(summaries: readonly Summary[]): string {
  const header = ['', 'publishing: publisher', 'Redis', 'end to end: publisher', 'consumer', 'Redis']
  const rows = summaries.map(({ contender, publishCost, endToEndCost }) => [
    CONTENDERS[contender].title,
    short(publishCost.publisher),
    short(publishCost.redis),
    short(endToEndCost.publisher),
    short(endToEndCost.consumer),
    short(endToEndCost.redis),
  ])
  return markdownTable([header, ...rows])
}

/** Where the latency says more about the publishing side. */
function doubt({ contender }: Summary, rounds: readonly Round[]): string[] {
  const own = rounds.filter((round) => round.contender === contender)
  const lag = median(own.map((round) => round.latency.lag))
  if (lag <= 10) return []
  return [
    `- INVALID latency of ${CONTENDERS[contender].title}: the publisher was ${short(lag)} ms late (p99)`,
  ]
}

function spread({ median: middle, min, max }: Spread, write: (value: number) => string): string {
  return `${write(middle)} (${write(min)}–${write(max)})`
}

function times(value: Spread | undefined): string {
  return value ? `×${value.median.toFixed(2)} (${value.min.toFixed(2)}–${value.max.toFixed(2)})` : '–'
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en')
}
