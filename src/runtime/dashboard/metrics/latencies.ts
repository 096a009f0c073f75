import type { LatencySource } from '../../platform/probe/index.ts'
import { HISTORY, type LatencyRow } from '../snapshot.ts'
import { type Estimate, growth, merge, quantile, totalOf } from './buckets.ts'
import { type Buckets, createHistogramReader, type Series } from './parse.ts'

/** What one replica has told about itself; `text` is null when it said nothing. */
export interface Scraped {
  replica: string
  /** Null where only it itself can tell, by the label `role`. */
  role: string | null
  text: string | null
}

/** Percentiles of the last WINDOW, from what replicas have counted since they began. */
export interface Latencies {
  /**
   * Takes a look at all replicas that was made at `at`, in milliseconds of a clock that is never set.
   * @param teller who has told of them: those that another one tells of need not be new
   */
  take(scraped: readonly Scraped[], at: number, teller?: string): void
  /** The same array until more is taken. */
  rows(): LatencyRow[]
}

/** Milliseconds. */
export const WINDOW = 60_000
/** Replicas that have said nothing for so long are forgotten. */
const FORGET = 5 * WINDOW

interface Known {
  series: Map<string, Buckets>
  seenAt: number
}

interface Row {
  role: string
  kind: string
  name: string
  /** What was added between two looks, oldest first. */
  steps: { at: number; added: Buckets | undefined }[]
  history: (number | null)[]
  seenAt: number
}

/** @param sources the histograms to show; a metric that several name belongs to the first */
export function createLatencies(sources: readonly LatencySource[]): Latencies {
  const sourceOf = new Map(sources.toReversed().map((source) => [source.metric, source]))
  const known = new Map<string, Known>()
  const read = createHistogramReader()
  const rows = new Map<string, Row>()
  const looks: number[] = []
  let shown: LatencyRow[] = []
  let lastTeller: string | undefined
  /** Whether it is known which replicas there were before. */
  let continues = false

  /** The first look at a replica only says where it stands, unless it did not exist before: then all it has is new. */
  function addedBy(
    { replica, role, text }: Scraped,
    at: number,
  ): [Series & { role: string }, Buckets | undefined][] {
    if (text === null) {
      if (!known.has(replica)) known.set(replica, { series: new Map(), seenAt: Number.NEGATIVE_INFINITY })
      return []
    }
    const before = known.get(replica)
    const isNew = before === undefined && continues
    const comparable = isNew || (before !== undefined && before.seenAt > Number.NEGATIVE_INFINITY)
    const series = read(text, sourceOf.keys())
    known.set(replica, { series: new Map(series.map(({ key, buckets }) => [key, buckets])), seenAt: at })
    return series.map((one) => {
      const named = { ...one, role: role ?? one.labels.role ?? replica }
      return [named, comparable ? growth(before?.series.get(one.key), one.buckets) : undefined]
    })
  }

  function rowOf(series: Series & { role: string }, at: number): Row | undefined {
    const source = sourceOf.get(series.metric)
    if (!source || isExcepted(series, source)) return undefined
    const name = source.labels.map((label) => series.labels[label] ?? '').join(' ')
    const key = JSON.stringify([series.role, source.kind, name])
    const row = rows.get(key) ?? {
      role: series.role,
      kind: source.kind,
      name,
      steps: [],
      history: [],
      seenAt: at,
    }
    rows.set(key, row)
    row.seenAt = at
    return row
  }

  function note(row: Row, added: Buckets | undefined, at: number): void {
    const last = row.steps.at(-1)
    if (last?.at !== at) row.steps.push({ at, added })
    else if (added) last.added = last.added ? merge(last.added, added) : added
  }

  function settle(row: Row, at: number): void {
    row.steps = row.steps.filter((step) => step.at > at - WINDOW)
    const newest = row.steps.at(-1)
    if (looks.length < 2) return
    const p99 = newest?.at === at && newest.added ? quantile(newest.added, 0.99) : undefined
    row.history = [...row.history, p99 ? toMs(p99) : null].slice(-HISTORY)
  }

  return {
    take(scraped, at, teller) {
      continues = looks.length > 0 && teller === lastTeller
      lastTeller = teller
      const additions = scraped.flatMap((one) => addedBy(one, at))
      looks.push(at)
      // The look before the window is what its first step has grown from.
      while ((looks[1] ?? at) <= at - WINDOW) looks.shift()
      for (const [series, added] of additions) {
        const row = rowOf(series, at)
        if (row) note(row, added, at)
      }
      for (const [key, row] of rows) {
        settle(row, at)
        if (row.seenAt <= at - FORGET) rows.delete(key)
      }
      for (const [replica, { seenAt }] of known) {
        const gone = !scraped.some((one) => one.replica === replica)
        if (gone && seenAt <= at - FORGET) known.delete(replica)
      }
      const span = at - (looks[0] ?? at)
      shown = [...rows.values()].map((row) => toRow(row, span)).sort(byName)
    },
    rows: () => shown,
  }
}

function isExcepted({ labels }: Series, { except = {} }: LatencySource): boolean {
  return Object.entries(except).some(([label, values]) => values.includes(labels[label] ?? ''))
}

function toRow({ role, kind, name, steps, history }: Row, span: number): LatencyRow {
  const parts = steps.flatMap(({ added }) => added ?? [])
  const sum = parts.length === 0 ? undefined : parts.reduce(merge)
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => sum && quantile(sum, q))
  const count = sum ? totalOf(sum) : 0
  return {
    key: `${kind} ${name} ${role}`,
    kind,
    name: name === '' ? kind : name,
    role,
    count,
    rate: span === 0 ? 0 : (count * 1_000) / span,
    p50_ms: toMs(p50),
    p95_ms: toMs(p95),
    p99_ms: toMs(p99),
    at_least: [p50, p95, p99].some((estimate) => estimate?.open === true),
    history: [...history],
  }
}

function toMs(estimate: Estimate | undefined): number | null {
  return estimate === undefined ? null : Math.round(estimate.value * 1e6) / 1e3
}

function byName(a: LatencyRow, b: LatencyRow): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}
