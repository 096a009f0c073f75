import { type Child, startChild } from '../support/child.ts'
import { findPrograms, heyTruth } from './programs.ts'
import type { ServerApi } from './server.child.ts'
import { exactAnswer, LENGTH, type Percentiles, RATE } from './stalls.ts'
import type { TesterApi } from './tester.child.ts'

export interface Told extends Percentiles {
  tool: string
}

type Measuring = (url: string, tester: Child<TesterApi>) => Promise<Percentiles>

export const OWN = 'agentctl --rate 200'

/** Each tool has a server of its own that stalls; they take little, so that they run at the same time. */
export async function measureTruth(say: (text: string) => void): Promise<Told[]> {
  say(`Percentiles of a server that stalls: ${LENGTH / 1_000} s …`)
  const told = await Promise.all(contenders().map(([tool, measuring]) => measure(tool, measuring)))
  return [{ tool: 'exact answer', ...exactAnswer() }, ...told]
}

function contenders(): [string, Measuring][] {
  const hey = findPrograms().find(({ name }) => name === 'hey')
  const cannon =
    (corrected: boolean): Measuring =>
    (url, tester) =>
      tester.call('autocannonTruth', { url, connections: 10, corrected })
  return [
    [OWN, (url, tester) => tester.call('ownTruth', { url, concurrency: null })],
    [`${OWN} --concurrency 10`, (url, tester) => tester.call('ownTruth', { url, concurrency: 10 })],
    ['autocannon -R 200 -c 10, corrected', cannon(true)],
    ['autocannon -R 200 -c 10, uncorrected', cannon(false)],
    ...(hey
      ? [['hey -q 20 -c 10', (url) => heyTruth(hey.file, url, RATE, LENGTH)] as [string, Measuring]]
      : []),
  ]
}

async function measure(tool: string, measuring: Measuring): Promise<Told> {
  const server = startChild<ServerApi>(new URL('./server.child.ts', import.meta.url))
  const tester = startChild<TesterApi>(new URL('./tester.child.ts', import.meta.url))
  try {
    const url = await server.call('stalling')
    await server.call('begin')
    return { tool, ...(await measuring(url, tester)) }
  } finally {
    await Promise.all([tester.stop(), server.stop()])
  }
}
