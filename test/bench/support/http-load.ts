import { Pool } from 'undici'
import { now } from './clock.ts'
import { percentile } from './statistics.ts'

/** What is sent: always to the same path, the body made anew for each request. */
export interface Target {
  origin: string
  path: string
  headers: Record<string, string>
  body(): string
}

export interface Measurement {
  /** Answers a second. */
  rate: number
  /** Milliseconds from sending a request to the end of its answer. */
  p50: number
  p99: number
  requests: number
  /** Answers other than 2xx, and connections that broke. */
  failed: number
}

/** Closed loop: as many requests under way as there are connections, each followed by the next at once. */
export async function load(target: Target, connections: number, seconds: number): Promise<Measurement> {
  const pool = new Pool(target.origin, { connections, pipelining: 1 })
  const book = createBook()
  const began = now()
  const until = began + seconds * 1_000

  async function keepAsking(): Promise<void> {
    while (now() < until) await book.note(ask(pool, target))
  }

  await Promise.all(Array.from({ length: connections }, keepAsking))
  const took = now() - began
  await pool.close()
  return book.sum(took)
}

/** As many requests at once as there are connections, the next lot when all are answered. */
export async function bursts(target: Target, connections: number, times: number): Promise<Measurement> {
  const pool = new Pool(target.origin, { connections, pipelining: 1 })
  const book = createBook()
  let took = 0
  for (let i = 0; i < times; i++) {
    const began = now()
    await Promise.all(Array.from({ length: connections }, () => book.note(ask(pool, target))))
    took += now() - began
  }
  await pool.close()
  return book.sum(took)
}

function createBook() {
  const latencies: number[] = []
  let failed = 0
  return {
    async note(asking: Promise<boolean>): Promise<void> {
      const sent = now()
      const ok = await asking
      latencies.push(now() - sent)
      if (!ok) failed++
    },
    sum: (took: number): Measurement => ({
      rate: (latencies.length * 1_000) / took,
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      requests: latencies.length,
      failed,
    }),
  }
}

/** `dispatch` is the part of undici that costs least, so that the client takes little from what it measures. */
function ask(pool: Pool, { path, headers, body }: Target): Promise<boolean> {
  return new Promise((answered) => {
    let status = 0
    pool.dispatch(
      { path, method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: body() },
      {
        onRequestStart() {},
        onResponseStart(_controller, statusCode) {
          status = statusCode
        },
        onResponseData() {},
        onResponseEnd: () => answered(status >= 200 && status < 300),
        onResponseError: () => answered(false),
      },
    )
  })
}
