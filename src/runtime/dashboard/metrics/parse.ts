/** A histogram with certain labels, as it has grown since its process began. */
export interface Series {
  metric: string
  /** Without `le`. */
  labels: Readonly<Record<string, string>>
  /** The same for the same labels, whatever their order. */
  key: string
  buckets: Buckets
}

/** Upper bounds in ascending order, the last of them infinite, and how many values were not above each of them. */
export interface Buckets {
  bounds: readonly number[]
  counts: readonly number[]
}

interface Growing extends Omit<Series, 'buckets'> {
  pairs: [bound: number, count: number][]
}

/** What the labels of a line say; undefined for those that cannot be understood. */
type Meaning = { labels: Record<string, string>; key: string; bound: number } | undefined

/** Texts of labels that are remembered: the same ones come with each look. */
const MOST_REMEMBERED = 50_000

/**
 * Reads the buckets of some histograms from the text format of Prometheus (version 0.0.4, as `/metrics` answers). All other
 * lines are skipped without a look; lines that cannot be understood are, too.
 */
export function createHistogramReader(): (text: string, metrics: Iterable<string>) => Series[] {
  const known = new Map<string, Meaning>()

  function meaningOf(labels: string): Meaning {
    if (known.has(labels)) return known.get(labels)
    if (known.size >= MOST_REMEMBERED) known.clear()
    const meaning = parseLabels(labels)
    // A copy: a slice would keep the whole text in memory.
    known.set(Buffer.from(labels).toString(), meaning)
    return meaning
  }

  function readHistogram(text: string, metric: string): Series[] {
    const series = new Map<string, Growing>()
    const start = `${metric}_bucket{`
    for (let at = text.indexOf(start); at !== -1; at = text.indexOf(start, at + start.length)) {
      if (at > 0 && text[at - 1] !== '\n') continue
      const newline = text.indexOf('\n', at)
      const line = text.slice(at + start.length, newline === -1 ? undefined : newline)
      const close = line.lastIndexOf('}')
      const meaning = meaningOf(line.slice(0, close))
      const count = countOf(line.slice(close + 1))
      if (close !== -1 && meaning && Number.isFinite(count)) note(series, metric, meaning, count)
    }
    return [...series.values()].map(({ pairs, ...rest }) => ({ ...rest, buckets: toBuckets(pairs) }))
  }

  return (text, metrics) => [...metrics].flatMap((metric) => readHistogram(text, metric))
}

function note(
  all: Map<string, Growing>,
  metric: string,
  { labels, key, bound }: NonNullable<Meaning>,
  count: number,
): void {
  const known = all.get(key)
  if (known) known.pairs.push([bound, count])
  else all.set(key, { metric, labels, key: `${metric}${key}`, pairs: [[bound, count]] })
}

/** @param text what is between the braces */
function parseLabels(text: string): Meaning {
  const labels: Record<string, string> = Object.create(null)
  // Sticky: a match must begin where the last one has ended.
  const label = /\s*([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"\s*(?:,|$)/y
  let end = 0
  for (let match = label.exec(text); match; match = label.exec(text)) {
    labels[match[1] as string] = plainValue(match[2] as string)
    end = label.lastIndex
  }
  if (text.slice(end).trim() !== '') return undefined
  const { le, ...own } = labels
  const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le || Number.NaN)
  if (Number.isNaN(bound)) return undefined
  const key = JSON.stringify(Object.entries(own).sort(([a], [b]) => (a < b ? -1 : 1)))
  return { labels: own, key, bound }
}

function plainValue(value: string): string {
  if (!value.includes('\\')) return value
  return value.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char))
}

/** What is behind the labels, without a time stamp. */
function countOf(rest: string): number {
  const text = rest.trim()
  const blank = text.search(/\s/)
  return text === '' ? Number.NaN : Number(blank === -1 ? text : text.slice(0, blank))
}

function toBuckets(pairs: readonly [bound: number, count: number][]): Buckets {
  const sorted = pairs.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return { bounds: sorted.map(([bound]) => bound), counts: sorted.map(([, count]) => count) }
}
