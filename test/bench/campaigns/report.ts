import { type Machine, machineLine } from '../support/machine.ts'
import { median } from '../support/statistics.ts'
import { markdownTable, short } from '../support/table.ts'
import type { Latency } from './latency.ts'
import type { CampaignsBenchOptions } from './options.ts'
import type { Processing } from './processing.ts'
import type { Registering } from './registering.ts'
import { type RulesResult, reportRules } from './rules.ts'

export interface CampaignsResult {
  machine: Machine
  options: CampaignsBenchOptions
  registering: Registering[]
  processing: Processing[]
  latency: Latency[]
  naiveLatency: Latency[]
  rules: RulesResult | undefined
}

/** How many times the events of a naive processor are to be processed in the same time. */
const PROCESSING_BAR = 10
/** Milliseconds that the median from POST to processed may take. */
const LATENCY_BAR = 100

export function report(result: CampaignsResult): string {
  const { machine, options, registering, processing, latency, naiveLatency, rules } = result
  return [
    machineLine(machine),
    ...(registering.length > 0 ? ['', registeringTable(registering, options)] : []),
    ...(processing.length > 0 ? ['', processingTable(processing, options)] : []),
    ...(latency.length > 0 ? ['', latencyTable(latency, naiveLatency, options)] : []),
    ...(rules ? ['', reportRules(rules)] : []),
    '',
  ].join('\n')
}

const count = (value: number) => Math.round(value).toLocaleString('en')
const verdict = (met: boolean) => (met ? 'met' : '**missed**')

function registeringTable(rounds: readonly Registering[], { clients }: CampaignsBenchOptions): string {
  const of = (value: (round: Registering) => number) => median(rounds.map(value))
  return markdownTable([
    ['registered', 'events/s', 'p50 ms', 'p99 ms', 'failed'],
    [
      `\`POST /events\`, ${clients} clients`,
      count(of(({ single }) => single.rate)),
      short(of(({ single }) => single.p50)),
      short(of(({ single }) => single.p99)),
      String(rounds.reduce((sum, { single }) => sum + single.failed, 0)),
    ],
    [
      '`POST /events/batch`, 500 in each, 4 clients',
      count(of(({ batchedRate }) => batchedRate)),
      short(of(({ batched }) => batched.p50)),
      short(of(({ batched }) => batched.p99)),
      String(rounds.reduce((sum, { batched }) => sum + batched.failed, 0)),
    ],
  ])
}

/** Ratios are taken within a round. */
function processingTable(
  rounds: readonly Processing[],
  { rules, processors }: CampaignsBenchOptions,
): string {
  const of = (value: (round: Processing) => number) => median(rounds.map(value))
  const plain = of(({ ours, plain }) => ours / plain)
  return [
    markdownTable([
      [`a backlog against ${rules} active rules`, 'events/s', 'ours ÷ this'],
      [`agentctl, ${processors} batches at once`, count(of(({ ours }) => ours)), ''],
      ['the same, until the bus has heard of all', count(of(({ told }) => told)), ''],
      [
        'naive: rules and writes of each event by themselves',
        count(of(({ plain }) => plain)),
        `×${short(plain)}`,
      ],
      [
        'naive, kind: rules once for 100 events, one transaction for each event',
        count(of(({ kind }) => kind)),
        `×${short(of(({ ours, kind }) => ours / kind))}`,
      ],
    ]),
    '',
    `- ${short(of(({ earningsPerEvent }) => earningsPerEvent))} earnings for each event; events that earned by other rules: ${rounds.reduce((sum, { different }) => sum + different, 0)}`,
    `- Bar ×${PROCESSING_BAR}: ${verdict(plain >= PROCESSING_BAR)}`,
  ].join('\n')
}

function latencyTable(
  rounds: readonly Latency[],
  naive: readonly Latency[],
  { rate }: CampaignsBenchOptions,
): string {
  const row = (name: string, of: readonly Latency[]) => [
    name,
    short(median(of.map(({ p50 }) => p50))),
    short(median(of.map(({ p99 }) => p99))),
    String(of.reduce((sum, { lost }) => sum + lost, 0)),
  ]
  return [
    markdownTable([
      [`${rate} events/s`, 'p50 ms', 'p99 ms', 'lost'],
      row('agentctl: from POST to the event on the bus', rounds),
      row('naive, kind, looking every 5 s: from row to row', naive),
    ]),
    '',
    `- Bar ${LATENCY_BAR} ms: ${verdict(median(rounds.map(({ p50 }) => p50)) < LATENCY_BAR)}`,
  ].join('\n')
}
