import { readFileSync } from 'node:fs'

/** A row of docs/metrics.md. */
export interface DocumentedMetric {
  name: string
  type: string
  labels: string[]
  roles: string[]
}

const ROW = /^\| `(?<name>\w+)` \| (?<type>\w+) \| (?<labels>[^|]*?) ?\| (?<roles>[^|]+) \| .+ \|$/

const page = new URL('../../docs/metrics.md', import.meta.url)

export function documentedMetrics(): DocumentedMetric[] {
  return readFileSync(page, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const { name = '', type = '', labels = '', roles = '' } = ROW.exec(line)?.groups ?? {}
      if (name === '') return []
      return [
        {
          name,
          type,
          labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
          roles: roles.split(', '),
        },
      ]
    })
}

/** Names of series that queries may use: a histogram has three. */
export function documentedSeries(): Set<string> {
  return new Set(
    documentedMetrics().flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  )
}
