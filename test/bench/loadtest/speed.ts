import { startChild } from '../support/child.ts'
import { median } from '../support/statistics.ts'
import { findPrograms, measureProgram } from './programs.ts'
import type { ServerApi } from './server.child.ts'
import type { Speed, TesterApi, Window } from './tester.child.ts'

export interface Summary extends Speed {
  tool: string
  windows: Speed[]
}

type Contender = [tool: string, measure: (window: Window) => Promise<Speed>]

/** One after the other against one server; the order changes with each repeat. */
export async function measureSpeed(options: {
  seconds: number
  repeats: number
  connections: number
  say(text: string): void
}): Promise<Summary[]> {
  const { seconds, repeats, connections, say } = options
  const all = contenders()
  const windows = new Map<string, Speed[]>(all.map(([tool]) => [tool, []]))
  for (let repeat = 0; repeat < repeats; repeat++) {
    const first = repeat % all.length
    for (const [tool, measure] of [...all.slice(first), ...all.slice(0, first)]) {
      say(`${repeat + 1}/${repeats} ${tool} …`)
      windows.get(tool)?.push(await withServer((url) => measure({ url, connections, seconds })))
    }
  }
  return [...windows].map(([tool, each]) => ({
    tool,
    rate: median(each.map(({ rate }) => rate)),
    cpu: median(each.map(({ cpu }) => cpu)),
    failed: each.reduce((sum, { failed }) => sum + failed, 0),
    windows: each,
  }))
}

function contenders(): Contender[] {
  return [
    ['agentctl', (window) => withTester((tester) => tester.call('ownSpeed', window))],
    ['autocannon', (window) => withTester((tester) => tester.call('autocannonSpeed', window))],
    ...findPrograms().map(
      (program): Contender => [
        program.name === 'hey' ? 'hey -cpus 1' : 'wrk -t1',
        (window) => measureProgram(program, window),
      ],
    ),
  ]
}

async function withServer<T>(use: (url: string) => Promise<T>): Promise<T> {
  const server = startChild<ServerApi>(new URL('./server.child.ts', import.meta.url))
  try {
    return await use(await server.call('trivial'))
  } finally {
    await server.stop()
  }
}

async function withTester<T>(
  use: (tester: ReturnType<typeof startChild<TesterApi>>) => Promise<T>,
): Promise<T> {
  const tester = startChild<TesterApi>(new URL('./tester.child.ts', import.meta.url))
  try {
    return await use(tester)
  } finally {
    await tester.stop()
  }
}
