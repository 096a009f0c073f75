import { createWireClient, prepareRequest } from '../../platform/wire/index.ts'
import type { Operation, ScenarioContext } from '../scenario.ts'
import { jsonOf } from './answer-reader.ts'
import { recordEnd } from './evaluation-end.ts'
import { sendForEvents } from './event-exchange.ts'
import { type LiveFeed, openLiveFeed } from './live-feed.ts'
import { createPending } from './pending.ts'

const TYPES = ['evaluation.completed', 'evaluation.failed', 'evaluation.cancelled']

/** Ends that nobody has asked for yet: those of others are among them, and must not fill memory. */
const MOST_EARLY = 10_000

interface Submitted {
  id: string
  operation: Operation
}

/** Ends operations when their evaluations end. */
export interface EvaluationNews {
  /** Before a submission. The returned function is told what has become of it: its end may come before its answer. */
  expect(): (submitted: Submitted | undefined) => void
  close(): Promise<void>
}

/** @throws AgentctlError LOADTEST_UNREACHABLE */
export async function createEvaluationNews({
  target,
  headers,
  timeout,
  connections,
}: Pick<ScenarioContext, 'target' | 'headers' | 'timeout' | 'connections'>): Promise<EvaluationNews> {
  const pending = createPending<object>(timeout)
  const client = createWireClient({ origin: target, connections })
  const feeds: LiveFeed[] = []
  /** Submissions whose answer is still to come, and the ends that came meanwhile: some of them may be theirs. */
  let expected = 0
  const early = new Map<string, { end: object; at: number }>()

  function onEvent({ data }: Record<string, unknown>, at: number): void {
    const end = data as { eval_id?: unknown } | undefined
    if (typeof end?.eval_id !== 'string') return
    const found = pending.take(end.eval_id)
    if (found) recordEnd(found.operation, end, at)
    else if (expected > 0) {
      early.set(end.eval_id, { end, at })
      if (early.size > MOST_EARLY) early.delete(early.keys().next().value as string)
    }
  }

  /** Events are gone: each evaluation that is still waited for is followed by itself, from its beginning. */
  function onGap(): void {
    for (const id of pending.ids()) lookUp(id)
  }

  function lookUp(id: string): void {
    const request = prepareRequest(target, { path: `/api/eval/${id}/stream`, headers: { ...headers } })
    const exchange = sendForEvents(client, request, {
      onEvent({ event, data, at }) {
        if (event !== 'end') return
        const found = pending.take(id)
        found?.operation.count('looked_up', 1)
        if (found) recordEnd(found.operation, jsonOf(data), at)
        exchange.abort()
      },
      onOver() {}, // it is still waited for, up to its timeout
    })
  }

  function onSubmitted(submitted: Submitted | undefined): void {
    expected--
    const found = submitted && early.get(submitted.id)
    if (found) recordEnd(submitted.operation, found.end, found.at)
    else if (submitted) pending.add(submitted.id, submitted.operation, {})
    if (submitted) early.delete(submitted.id)
    if (expected === 0) early.clear()
  }

  async function close(): Promise<void> {
    pending.close()
    await Promise.all([client.close(), ...feeds.map((feed) => feed.close())])
  }

  try {
    for (const type of TYPES) feeds.push(await openLiveFeed({ target, headers, type, onEvent, onGap }))
  } catch (error) {
    await close()
    throw error
  }
  return {
    expect() {
      expected++
      return onSubmitted
    },
    close,
  }
}
