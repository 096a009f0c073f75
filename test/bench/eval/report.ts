import type { Language } from '../../../src/runtime/sandbox/index.ts'
import type { Measurement } from '../support/http-load.ts'
import { type Machine, machineLine } from '../support/machine.ts'
import { median, percentile } from '../support/statistics.ts'
import { short, table } from '../support/table.ts'
import type { Start } from './hello.ts'

export interface EvalResult {
  machine: Machine
  submit: ({ clients: number } & Measurement)[]
  /** Rows a second. */
  rows: number[]
  /** Milliseconds. */
  hello: { backend: string; language: Language; start: Start; times: number[] }[]
  /** Evaluations a second. */
  throughput: { backend: string; language: Language; rate: number }[]
}

/** Milliseconds that the median of a submission may take. */
const SUBMIT_BAR = 5
/** Milliseconds that the median of the smallest program may take, by backend, language and start. */
const HELLO_BARS: Readonly<Record<string, number>> = {
  'docker python warm': 60,
  'docker python cold': 200,
  'deno javascript warm': 60,
  'deno python warm': 600,
}

export function report({ machine, submit, rows, hello, throughput }: EvalResult): string {
  return [
    machineLine(machine),
    '',
    table([['POST /api/eval', 'p50 ms', 'p99 ms', 'a second', 'failed', 'bar'], ...submitRows(submit)]),
    '',
    table([['the smallest program', 'p50 ms', 'p95 ms', 'bar'], ...hello.map(helloRow)]),
    '',
    table([['from submission to end, 8 under way', 'a second'], ...throughputRows(throughput)]),
    '',
    `Storage: ${short(median(rows))} rows a second.`,
    '',
  ].join('\n')
}

function submitRows(submit: EvalResult['submit']): string[][] {
  return [...new Set(submit.map(({ clients }) => clients))].map((clients) => {
    const of = submit.filter((each) => each.clients === clients)
    const p50 = median(of.map((each) => each.p50))
    return [
      clients === 1 ? 'one client' : `${clients} clients`,
      short(p50),
      short(median(of.map(({ p99 }) => p99))),
      short(median(of.map(({ rate }) => rate))),
      String(of.reduce((sum, { failed }) => sum + failed, 0)),
      verdict(p50, SUBMIT_BAR),
    ]
  })
}

function helloRow({ backend, language, start, times }: EvalResult['hello'][number]): string[] {
  const name = `${backend} ${language} ${start}`
  const bar = HELLO_BARS[name]
  const p50 = median(times)
  return [name, short(p50), short(percentile(times, 0.95)), bar === undefined ? '' : verdict(p50, bar)]
}

function throughputRows(throughput: EvalResult['throughput']): string[][] {
  const names = [...new Set(throughput.map(({ backend, language }) => `${backend} ${language}`))]
  return names.map((name) => {
    const of = throughput.filter(({ backend, language }) => `${backend} ${language}` === name)
    return [name, short(median(of.map(({ rate }) => rate)))]
  })
}

const verdict = (value: number, bar: number) => `${bar}: ${value <= bar ? 'met' : 'MISSED'}`
