/** One line of a picture: a query of Prometheus, and what it is called, such as `{{role}}`. */
export type Line = readonly [query: string, legend: string]

/** A picture of a dashboard. */
export interface Panel {
  readonly title: string
  /** What it means, for those who have never seen it. */
  readonly text?: string
  /** As Grafana calls it: s, reqps, short, percentunit, bytes, … */
  readonly unit: string
  readonly lines: readonly Line[]
}

export interface Dashboard {
  /** Its address, and the name of its file. */
  readonly uid: string
  readonly title: string
  readonly panels: readonly Panel[]
}

/** Time over which rates are taken; Grafana knows what fits. */
const WINDOW = '[$__rate_interval]'

/** Events a second of a counter, by some labels. */
export function rate(counter: string, by = '', where = ''): string {
  return sumBy(by, `rate(${counter}${where}${WINDOW})`)
}

/** A quantile of a histogram, by some labels. */
export function quantile(q: number, histogram: string, by = '', where = ''): string {
  const labels = ['le', ...by.split(', ').filter(Boolean)].join(', ')
  return `histogram_quantile(${q}, sum by (${labels}) (rate(${histogram}_bucket${where}${WINDOW})))`
}

/** Half of all, and all but one in a hundred. */
export function latency(title: string, histogram: string, by = '', where = ''): Panel {
  const name = by === '' ? '' : ` {{${by}}}`
  return {
    title,
    unit: 's',
    lines: [
      [quantile(0.5, histogram, by, where), `p50${name}`],
      [quantile(0.99, histogram, by, where), `p99${name}`],
    ],
  }
}

function sumBy(by: string, query: string): string {
  return by === '' ? `sum(${query})` : `sum by (${by}) (${query})`
}
