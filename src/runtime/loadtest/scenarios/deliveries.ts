import type { Operation, ScenarioContext } from '../scenario.ts'
import { openLiveFeed } from './live-feed.ts'
import { createPending } from './pending.ts'

/** Ends operations when their events have been published, and have come to a client. */
export interface Deliveries {
  /** Before an event is published. */
  expect(id: string, operation: Operation): { published(at: number): void; fail(cause: string): void }
  close(): Promise<void>
}

interface Waiting {
  publishedAt: number | undefined
  deliveredAt: number | undefined
}

/** @throws AgentctlError LOADTEST_UNREACHABLE */
export async function createDeliveries(
  { target, headers, timeout }: Pick<ScenarioContext, 'target' | 'headers' | 'timeout'>,
  type: string,
): Promise<Deliveries> {
  const pending = createPending<{ times: Waiting }>(timeout)
  const feed = await openLiveFeed({ target, headers, type, onEvent, onGap }).catch((error: unknown) => {
    pending.close()
    throw error
  })

  function onEvent({ event_id: id }: Record<string, unknown>, at: number): void {
    if (typeof id === 'string') settle(id, { deliveredAt: at })
  }

  /** Ends it once both are known. */
  function settle(id: string, news: Partial<Waiting>) {
    const found = pending.take(id)
    if (!found) return
    const { operation } = found
    const times = { ...found.times, ...news }
    const { publishedAt, deliveredAt } = times
    if (publishedAt === undefined || deliveredAt === undefined) return pending.add(id, operation, { times })
    operation.record('delivery', deliveredAt - operation.due)
    operation.succeed(publishedAt)
  }

  function onGap(): void {
    for (const id of pending.ids()) pending.take(id)?.operation.fail('lost on the way to the client')
  }

  return {
    expect(id, operation) {
      pending.add(id, operation, { times: { publishedAt: undefined, deliveredAt: undefined } })
      return {
        published: (at) => settle(id, { publishedAt: at }),
        fail: (cause) => pending.take(id)?.operation.fail(cause),
      }
    },
    async close() {
      pending.close()
      await feed.close()
    },
  }
}
