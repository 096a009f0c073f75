import { type Machine, machineLine } from '../support/machine.ts'
import { short, table } from '../support/table.ts'
import type { Summary } from './speed.ts'
import { OWN, type Told } from './truth.ts'

/** How far P99 may be from the exact one. */
const TRUTH_BAR = 0.03

export interface Result {
  machine: Machine
  connections: number
  truth: Told[] | undefined
  speed: Summary[] | undefined
}

export function report({ machine, connections, truth, speed }: Result): string {
  return [
    machineLine(machine),
    ...(truth ? ['', ...truthReport(truth)] : []),
    ...(speed ? ['', ...speedReport(speed, connections)] : []),
    '',
  ].join('\n')
}

function truthReport(truth: Told[]): string[] {
  const exact = truth[0]?.p99 ?? Number.NaN
  const own = truth.find(({ tool }) => tool === OWN)?.p99 ?? Number.NaN
  const off = Math.abs(own / exact - 1)
  return [
    'A server of 10 ms that stalls for 1 s in each 10 s, 200 requests/s for 40 s (ms)',
    table([
      ['', 'p50', 'p95', 'p99', 'p99.9'],
      ...truth.map(({ tool, p50, p95, p99, p999 }) => [tool, ...[p50, p95, p99, p999].map(short)]),
    ]),
    '',
    `P99 of ${OWN}: ${(off * 100).toFixed(1)} % off (bar of ${TRUTH_BAR * 100} %: ${verdict(off <= TRUTH_BAR)})`,
  ]
}

function speedReport(speed: Summary[], connections: number): string[] {
  const find = (tool: string) => speed.find((each) => each.tool === tool)
  const [own, cannon] = [find('agentctl'), find('autocannon')]
  const ratio = (own?.rate ?? Number.NaN) / (cannon?.rate ?? Number.NaN)
  return [
    `As fast as they can, ${connections} connections, one thread each`,
    table([
      ['', 'requests/s', '× autocannon', 'CPU µs/request', 'failed'],
      ...speed.map(({ tool, rate, cpu, failed }) => [
        tool,
        short(rate),
        short(rate / (cannon?.rate ?? Number.NaN)),
        short(cpu),
        String(failed),
      ]),
    ]),
    '',
    `Rate against autocannon: ×${short(ratio)} (bar of ×1: ${verdict(ratio >= 1)})`,
  ]
}

const verdict = (met: boolean): string => (met ? 'met' : 'MISSED')
