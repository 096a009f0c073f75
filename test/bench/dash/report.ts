import { type Machine, machineLine } from '../support/machine.ts'
import { percentile } from '../support/statistics.ts'
import { short, table } from '../support/table.ts'
import type { SamplingResult } from './sampling.ts'
import type { ScreenResult } from './screen.ts'

export interface Result {
  machine: Machine
  keys: number
  sampling?: SamplingResult
  screen?: ScreenResult
}

/** Milliseconds a sample may take. */
const SAMPLE_BAR = 20
/** Share of a core that dash may use. */
const DASH_BAR = 0.05

export function report({ machine, keys, sampling, screen }: Result): string {
  const parts = [
    `${machineLine(machine)}. 100 streams, 300 groups, 2,400 consumers, 200 entries/s, ${keys} other keys.`,
  ]
  if (sampling) parts.push(ofSampling(sampling))
  if (screen) parts.push(ofScreen(screen))
  return `${parts.join('\n\n')}\n`
}

function ofSampling({ first, took, cpu, streams, groups, complete }: SamplingResult): string {
  const [p50, p99] = [percentile(took, 0.5), percentile(took, 0.99)]
  return [
    table([
      ['a sample', 'p50 ms', 'p99 ms', 'max ms', 'first ms', 'CPU ms'],
      [`of ${took.length}`, ...[p50, p99, Math.max(...took), first, cpu].map(short)],
    ]),
    '',
    `${streams} streams and ${groups} groups were seen; all keys were ${complete ? '' : 'not '}looked at meanwhile.`,
    `Bar of ${SAMPLE_BAR} ms: p50 ${verdict(p50 <= SAMPLE_BAR)}, p99 ${verdict(p99 <= SAMPLE_BAR)}`,
  ].join('\n')
}

function ofScreen({ dash, redisAlone, redisWith, calls, keys }: ScreenResult): string {
  const percent = (share: number) => `${short(share * 100)} %`
  return [
    table([
      ['CPU, of one core', ''],
      ['agentctl dash, 120×40, every second', percent(dash)],
      ['Redis with traffic alone', percent(redisAlone)],
      ['Redis with traffic and dash', percent(redisWith)],
    ]),
    '',
    table([['calls a second, traffic included', ''], ...calls.map(([name, rate]) => [name, short(rate)])]),
    '',
    `Bar of ${DASH_BAR * 100} % for dash: ${verdict(dash <= DASH_BAR)}. KEYS: ${keys} (${verdict(keys === 0)})`,
  ].join('\n')
}

function verdict(met: boolean): string {
  return met ? 'met' : 'MISSED'
}
