import { createRequire } from 'node:module'
import type { LoadPlan, LoadResult } from '../../../src/runtime/loadtest/index.ts'
import { runLoad } from '../../../src/runtime/loadtest/run.ts'
import { answerParent } from '../support/child.ts'
import { cpuUsed } from '../support/usage.ts'
import { LENGTH, type Percentiles, RATE } from './stalls.ts'

export interface Speed {
  /** Answers per second. */
  rate: number
  /** Microseconds of processor time for a request, of all threads of the tester. */
  cpu: number
  failed: number
}

export interface Window {
  url: string
  connections: number
  seconds: number
}

export type TesterApi = {
  ownTruth(what: { url: string; concurrency: number | null }): Promise<Percentiles>
  autocannonTruth(what: { url: string; connections: number; corrected: boolean }): Promise<Percentiles>
  ownSpeed(window: Window): Promise<Speed>
  autocannonSpeed(window: Window): Promise<Speed>
}

/** The part of autocannon's result that is used; it has no types of its own. */
interface CannonResult {
  duration: number
  errors: number
  non2xx: number
  requests: { total: number }
  latency: { p50: number; p99: number; p99_9: number }
}
const require = createRequire(import.meta.url)
const autocannon = require('autocannon') as (options: object) => Promise<CannonResult>

const api: TesterApi = {
  async ownTruth({ url, concurrency }) {
    const load = { kind: 'open', rate: RATE, arrivals: 'constant', duration: LENGTH, ramp: 0 } as const
    const { series } = await run({ target: url, load: { ...load, concurrency } })
    const { p50, p95, p99, p999 } = series.latency as LoadResult['series'][string]
    return { p50, p95, p99, p999 }
  },
  async autocannonTruth({ url, connections, corrected }) {
    const { latency } = await autocannon({
      url,
      connections,
      overallRate: RATE,
      duration: LENGTH / 1_000,
      ignoreCoordinatedOmission: !corrected,
    })
    return { p50: latency.p50, p95: Number.NaN, p99: latency.p99, p999: latency.p99_9 }
  },
  async ownSpeed({ url, connections, seconds }) {
    let cpu = 0
    let before = Number.NaN
    const duration = seconds * 1_000
    const load = { kind: 'closed', concurrency: connections, requests: null, duration } as const
    const result = await run({ target: url, load, warmup: 1_000 }, ({ succeeded }) => {
      // Starting threads and compiling them is no part of a request.
      if (succeeded === 0) return
      if (Number.isNaN(before)) [cpu, before] = [cpuUsed(), succeeded]
    })
    const used = cpuUsed() - cpu
    return { rate: result.rate, cpu: (used * 1_000) / (result.succeeded - before), failed: result.failed }
  },
  async autocannonSpeed({ url, connections, seconds }) {
    await autocannon({ url, connections, duration: 1 })
    const before = cpuUsed()
    const { requests, duration, errors, non2xx } = await autocannon({ url, connections, duration: seconds })
    const used = cpuUsed() - before
    return { rate: requests.total / duration, cpu: (used * 1_000) / requests.total, failed: errors + non2xx }
  },
}

function run(
  plan: Pick<LoadPlan, 'target' | 'load'> & { warmup?: number },
  onProgress?: (progress: { succeeded: number }) => void,
): Promise<LoadResult> {
  return runLoad(
    { scenario: 'url', options: {}, warmup: 0, timeout: 60_000, seed: 1, threads: 1, ...plan },
    {
      headers: {},
      signal: new AbortController().signal,
      version: 'bench',
      ...(onProgress ? { onProgress } : {}),
    },
  )
}

answerParent(api, () => {})
