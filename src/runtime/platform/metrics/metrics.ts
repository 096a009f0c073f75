import { createRequire } from 'node:module'
import type * as Prometheus from 'prom-client'

// Part by part: the package as a whole would cost each worker 20 MB for what it never uses, these four cost 4.
const load = createRequire(import.meta.url)
const Registry = load('prom-client/lib/registry.js') as typeof Prometheus.Registry
const Counter = load('prom-client/lib/counter.js') as typeof Prometheus.Counter
const Gauge = load('prom-client/lib/gauge.js') as typeof Prometheus.Gauge
const Histogram = load('prom-client/lib/histogram.js') as typeof Prometheus.Histogram

type Counter<L extends string> = Prometheus.Counter<L>
type Histogram<L extends string> = Prometheus.Histogram<L>

export type Labels = Readonly<Record<string, string>>

/** Prometheus metrics. Names are given without the `agentctl_` prefix unless a contract fixes them. */
export interface Metrics {
  readonly contentType: string
  text(): Promise<string>
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>
  /** A gauge that is read when somebody asks. */
  gauge(name: string, help: string, read: () => number): void
  /** A gauge with labels that is read when somebody asks; where reading fails it has no values. */
  gauges(
    name: string,
    help: string,
    labels: readonly string[],
    read: () => Promise<readonly (readonly [Labels, number])[]>,
  ): void
  histogram<L extends string>(
    name: string,
    help: string,
    labels?: readonly L[],
    buckets?: number[],
  ): Histogram<L>
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** Names that other systems know. */
const FIXED = /^(events?|api_gateway)_/

function fullName(name: string): string {
  return FIXED.test(name) ? name : `agentctl_${name}`
}

/** @param role labels every metric, and adds those of the process; without it there are only those that are asked for */
export function createMetrics(role?: string): Metrics {
  const registry = new Registry()
  if (role !== undefined) {
    registry.setDefaultLabels({ role })
    const ofProcess = load('prom-client/lib/defaultMetrics.js') as typeof Prometheus.collectDefaultMetrics
    ofProcess({ register: registry })
  }
  const registers = [registry]
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    counter: (name, help, labels = []) =>
      new Counter({ name: fullName(name), help, labelNames: [...labels], registers }),
    gauge(name, help, read) {
      new Gauge({
        name: fullName(name),
        help,
        registers,
        collect() {
          this.set(read())
        },
      })
    },
    gauges(name, help, labelNames, read) {
      new Gauge({
        name: fullName(name),
        help,
        labelNames: [...labelNames],
        registers,
        async collect() {
          const values = await read().catch(() => [])
          this.reset()
          for (const [labels, value] of values) this.set(labels, value)
        },
      })
    },
    histogram: (name, help, labels = [], buckets = SECONDS) =>
      new Histogram({ name: fullName(name), help, labelNames: [...labels], buckets, registers }),
  }
}
