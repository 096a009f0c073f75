import type { Context, QueryAnswer } from '../../runtime/rag/messages.ts'

/** Characters of a passage that are shown to recognise it by. */
const EXCERPT = 90

/** The passages an answer rests on, numbered as it cites them. */
export function sourceLines(contexts: readonly Context[]): string[] {
  if (contexts.length === 0) return ['No passage was found: add documents with `agentctl docs add FILE`.']
  const width = Math.max(...contexts.map(({ id }) => id.length))
  return contexts.map(
    ({ id, text, score }, i) => `[${i + 1}] ${id.padEnd(width)}  ${score.toFixed(2)}  ${excerpt(text)}`,
  )
}

/** Who answered and how long it took: "generator-1 at http://… · 12 ms (encode 1, retrieve 3, generate 8)". */
export function servedLine({ worker, replica, provider, timings_ms, cached }: Served): string {
  const { total = 0, ...stages } = timings_ms
  const parts = Object.entries(stages).map(([stage, ms]) => `${stage} ${Math.round(ms)}`)
  const hits = Object.entries(cached).flatMap(([what, hit]) => (hit ? [what] : []))
  return [
    `${worker} at ${replica}`,
    provider,
    `${Math.round(total)} ms (${parts.join(', ')})`,
    ...(hits.length === 0 ? [] : [`from the cache: ${hits.join(', ')}`]),
  ].join(' · ')
}

type Served = Pick<QueryAnswer, 'worker' | 'replica' | 'provider' | 'timings_ms' | 'cached'>

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= EXCERPT ? line : `${line.slice(0, EXCERPT - 1)}…`
}
