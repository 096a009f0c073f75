import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** One role's Prometheus metrics. Names are given without the `agentctl_` prefix unless a contract fixes them. */
export interface Metrics {
  readonly contentType: string
  text(): Promise<string>
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>
  /** A gauge that is read when somebody asks. */
  gauge(name: string, help: string, read: () => number): void
  histogram<L extends string>(
    name: string,
    help: string,
    labels?: readonly L[],
    buckets?: number[],
  ): Histogram<L>
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export function createMetrics(role: string): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ role })
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    counter: (name, help, labels = []) =>
      new Counter({ name: `agentctl_${name}`, help, labelNames: [...labels], registers }),
    gauge(name, help, read) {
      new Gauge({
        name: `agentctl_${name}`,
        help,
        registers,
        collect() {
          this.set(read())
        },
      })
    },
    histogram: (name, help, labels = [], buckets = SECONDS) =>
      new Histogram({ name: `agentctl_${name}`, help, labelNames: [...labels], buckets, registers }),
  }
}
