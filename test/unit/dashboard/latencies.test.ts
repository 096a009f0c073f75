import { describe, expect, it } from 'vitest'
import { createLatencies, type Scraped } from '../../../src/runtime/dashboard/metrics/latencies.ts'
import type { LatencyRow } from '../../../src/runtime/dashboard/snapshot.ts'

const SOURCES = [
  {
    metric: 'agentctl_http_request_seconds',
    kind: 'http',
    labels: ['method', 'route'],
    except: { route: ['/health'] },
  },
  { metric: 'agentctl_rag_stage_seconds', kind: 'stage', labels: ['stage'] },
  { metric: 'agentctl_query_seconds', kind: 'query', labels: [] },
]

/** Counts up to 0.1 s, 1 s and above, in all since the process began. */
type Counts = [fast: number, slow: number, all: number]

function text(metric: string, labels: string, [fast, slow, all]: Counts): string {
  const line = (le: string, count: number) =>
    `agentctl_${metric}_bucket{le="${le}"${labels && `,${labels}`}} ${count}\n`
  return `# TYPE agentctl_${metric} histogram\n${line('0.1', fast)}${line('1', slow)}${line('+Inf', all)}`
}

const stage = (counts: Counts) => text('rag_stage_seconds', 'stage="encoder"', counts)
const rag = (replica: string, said: string | null): Scraped => ({ replica, role: 'rag', text: said })
const only = (rows: LatencyRow[]) => {
  expect(rows).toHaveLength(1)
  return rows[0] as LatencyRow
}

describe('latencies', () => {
  it('say nothing at the first look but what there is', () => {
    const latencies = createLatencies(SOURCES)
    latencies.take([rag('rag-1', stage([100, 100, 100]))], 0)
    expect(only(latencies.rows())).toEqual({
      key: 'stage encoder rag',
      kind: 'stage',
      name: 'encoder',
      role: 'rag',
      ...{ count: 0, rate: 0, p50_ms: null, p95_ms: null, p99_ms: null, at_least: false, history: [] },
    })
  })

  it('are of what was added since, of all replicas of a role', () => {
    const latencies = createLatencies(SOURCES)
    latencies.take([rag('rag-1', stage([100, 100, 100])), rag('rag-2', stage([0, 0, 0]))], 0)
    latencies.take([rag('rag-1', stage([100, 110, 110])), rag('rag-2', stage([30, 30, 30]))], 5_000)
    const row = only(latencies.rows())
    expect(row).toMatchObject({ count: 40, rate: 8, at_least: false })
    expect(row.p50_ms).toBeCloseTo(100 * (20 / 30), 3)
    expect(row.p95_ms).toBeCloseTo(100 + 900 * 0.8, 3)
    expect(row.history).toEqual([row.p99_ms])
  })

  it('keep roles apart that measure the same', () => {
    const latencies = createLatencies(SOURCES)
    const http = text('http_request_seconds', 'method="POST",route="/query",status="200"', [1, 1, 1])
    latencies.take(
      [
        { replica: 'a', role: 'gateway', text: http },
        { replica: 'b', role: 'llm', text: http },
      ],
      0,
    )
    expect(latencies.rows().map(({ key, name }) => [key, name])).toEqual([
      ['http POST /query gateway', 'POST /query'],
      ['http POST /query llm', 'POST /query'],
    ])
  })

  it('add the statuses of a route up, and leave out what is excepted', () => {
    const latencies = createLatencies(SOURCES)
    const said = (n: number) =>
      ['200', '503']
        .map((status) =>
          text('http_request_seconds', `method="GET",route="/x",status="${status}"`, [n, n, n]),
        )
        .join('') + text('http_request_seconds', 'method="GET",route="/health",status="200"', [n, n, n])
    latencies.take([{ replica: 'a', role: 'gateway', text: said(1) }], 0)
    latencies.take([{ replica: 'a', role: 'gateway', text: said(4) }], 1_000)
    expect(only(latencies.rows())).toMatchObject({ name: 'GET /x', count: 6, rate: 6 })
  })

  it('are named after their kind where no label names them, and take the role from the text', () => {
    const latencies = createLatencies(SOURCES)
    latencies.take(
      [{ replica: 'http://a', role: null, text: text('query_seconds', 'role="gateway"', [1, 1, 1]) }],
      0,
    )
    expect(only(latencies.rows())).toMatchObject({ name: 'query', role: 'gateway' })
  })

  it('survive the restart of a replica', () => {
    const latencies = createLatencies(SOURCES)
    latencies.take([rag('rag-1', stage([100, 100, 100]))], 0)
    latencies.take([rag('rag-1', stage([3, 3, 3]))], 5_000)
    expect(only(latencies.rows()).count).toBe(3)
  })

  it('count all of a replica or a series that was not there before', () => {
    const latencies = createLatencies(SOURCES)
    latencies.take([rag('rag-1', '')], 0)
    latencies.take([rag('rag-1', stage([2, 2, 2])), rag('rag-2', stage([5, 5, 5]))], 5_000)
    expect(only(latencies.rows()).count).toBe(7)
  })

  it('do not count what a replica that was silent at first has done before', () => {
    const latencies = createLatencies(SOURCES)
    latencies.take([rag('rag-1', null)], 0)
    latencies.take([rag('rag-1', stage([1_000, 1_000, 1_000]))], 5_000)
    expect(only(latencies.rows()).count).toBe(0)
    latencies.take([rag('rag-1', stage([1_001, 1_001, 1_001]))], 10_000)
    expect(only(latencies.rows()).count).toBe(1)
  })

  it('do not take for new what is only told of by another one', () => {
    const latencies = createLatencies(SOURCES)
    const service = (n: number): Scraped => ({ ...rag('http://rag', stage([n, n, n])), role: 'rag' })
    latencies.take([service(1_000)], 0, 'services')
    latencies.take([rag('rag-1', stage([1_000, 1_000, 1_000]))], 5_000, 'serve')
    expect(only(latencies.rows()).count).toBe(0)
    latencies.take(
      [rag('rag-1', stage([1_001, 1_001, 1_001])), rag('rag-2', stage([2, 2, 2]))],
      10_000,
      'serve',
    )
    expect(only(latencies.rows()).count).toBe(3)
  })

  it('count the time of a silence once it is over', () => {
    const latencies = createLatencies(SOURCES)
    latencies.take([rag('rag-1', stage([1, 1, 1]))], 0)
    latencies.take([rag('rag-1', null)], 5_000)
    latencies.take([rag('rag-1', stage([6, 6, 6]))], 10_000)
    expect(only(latencies.rows())).toMatchObject({ count: 5, rate: 0.5 })
    expect(only(latencies.rows()).history).toEqual([null, expect.any(Number)])
  })

  it('look back for a minute', () => {
    const latencies = createLatencies(SOURCES)
    for (let i = 0; i <= 20; i++) latencies.take([rag('rag-1', stage([i, i, i]))], i * 5_003)
    const row = only(latencies.rows())
    expect(row.count).toBe(12)
    expect(row.rate).toBeCloseTo(1 / 5.003, 3)
    expect(row.history).toHaveLength(20)
    latencies.take([rag('rag-1', stage([20, 20, 20]))], 200_000)
    expect(only(latencies.rows())).toMatchObject({ count: 0, p99_ms: null })
  })

  it('have a past of 60 looks, with gaps where nothing happened', () => {
    const latencies = createLatencies(SOURCES)
    for (let i = 0; i < 100; i++)
      latencies.take([rag('rag-1', stage([i - (i % 2), i - (i % 2), i - (i % 2)]))], i * 1_000)
    const { history } = only(latencies.rows())
    expect(history).toHaveLength(60)
    expect(history.slice(0, 4).map((value) => value === null)).toEqual([false, true, false, true])
  })

  it('say that they are at least so much where the last bucket is open', () => {
    const latencies = createLatencies(SOURCES)
    latencies.take([rag('rag-1', stage([0, 0, 0]))], 0)
    latencies.take([rag('rag-1', stage([0, 0, 10]))], 5_000)
    expect(only(latencies.rows())).toMatchObject({ p50_ms: 1_000, p99_ms: 1_000, at_least: true })
  })

  it('forget what nobody measures any more', () => {
    const latencies = createLatencies(SOURCES)
    latencies.take([rag('rag-1', stage([1, 1, 1]))], 0)
    latencies.take([], 200_000)
    expect(latencies.rows()).toHaveLength(1)
    latencies.take([], 300_000)
    expect(latencies.rows()).toEqual([])
  })
})
