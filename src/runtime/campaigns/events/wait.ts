import type { Kysely } from '../../platform/sql/index.ts'
import type { CampaignEvent } from '../messages.ts'
import type { Processing } from '../processing/processing.ts'
import type { CampaignTables } from '../schema.ts'
import { readEvent } from './read.ts'

/** Milliseconds between two looks at an event that another process may end. */
const PAUSE = 250

/**
 * An event at its end, or after `ms` milliseconds, or once `gone` is aborted.
 * @throws AgentctlError CAMPAIGN_EVENT_NOT_FOUND
 */
export async function waitForEvent(
  db: Kysely<CampaignTables>,
  { untilEnded }: Pick<Processing, 'untilEnded'>,
  id: string,
  ms: number,
  gone: AbortSignal,
): Promise<CampaignEvent> {
  const until = performance.now() + ms
  for (;;) {
    const left = until - performance.now()
    const enough = new AbortController()
    // Watched before it is read: it may end in between.
    const over = untilEnded(id, Math.min(left, PAUSE), AbortSignal.any([gone, enough.signal]))
    try {
      const event = await readEvent(db, id)
      if (event.status !== 'pending' || left <= 0 || gone.aborted) return event
      await over
    } finally {
      enough.abort()
    }
  }
}
