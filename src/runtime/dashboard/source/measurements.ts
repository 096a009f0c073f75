import { maskUrl } from '../../kernel/index.ts'
import type { LatencySource } from '../../platform/probe/index.ts'
import { isBase, type ReplicaMetrics, type ServeClient } from '../../supervisor/index.ts'
import { createLatencies, type Scraped } from '../metrics/latencies.ts'
import type { LatencyRow } from '../snapshot.ts'
import { type Refusal, scrapeServices } from './scrape.ts'

/** Latencies, from whoever tells its metrics. */
export interface Measurements {
  /** Asks when it is time for that; never more than once at a time. */
  look(): Promise<void>
  rows(): LatencyRow[]
  /** Replicas of the serve that did not answer. */
  mute(): readonly string[]
  refusals(): readonly Refusal[]
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>
}

export interface MeasurementsOptions {
  sources: readonly LatencySource[]
  client(): ServeClient | undefined
  /** Services to ask where there is no serve. */
  urls(): readonly string[]
  read(url: string): Promise<string>
  /** Milliseconds between two looks, of which the first two are made at once: it takes two for something to be known. */
  every: number
  monotonic: () => number
}

export function createMeasurements(options: MeasurementsOptions): Measurements {
  const { sources, client, urls, read, every, monotonic } = options
  const latencies = createLatencies(sources)
  let lookedAt = Number.NEGATIVE_INFINITY
  let looks = 0
  let open: Promise<void> | undefined
  let mute: readonly string[] = []
  let refusals: readonly Refusal[] = []

  async function ask(): Promise<void> {
    lookedAt = monotonic()
    looks += 1
    const serve = client()
    if (serve) {
      // It may have ended just now.
      const answers = await serve.metrics().catch(() => undefined)
      if (answers) take(answers, 'serve')
      mute = (answers ?? []).filter(isMute).map(({ replica }) => replica)
      refusals = []
      return
    }
    const scrape = await scrapeServices(urls(), read)
    take(scrape.scraped, 'services')
    mute = []
    refusals = scrape.refusals
  }

  function take(scraped: readonly Scraped[], teller: 'serve' | 'services'): void {
    latencies.take(
      scraped.map((one) => ({ ...one, replica: maskUrl(one.replica) })),
      monotonic(),
      teller,
    )
  }

  return {
    async look() {
      if (!open && looks > 1 && monotonic() - lookedAt < every) return
      open ??= ask().finally(() => {
        open = undefined
      })
      await open
    },
    rows: latencies.rows,
    mute: () => mute,
    refusals: () => refusals,
    settled: async () => open,
  }
}

/** The embedded servers are no roles of ours and measure nothing in this form. */
function isMute({ role, text }: ReplicaMetrics): boolean {
  return text === null && !isBase(role)
}
