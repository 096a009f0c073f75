import type { CampaignEvent } from '../messages.ts'
import type { Processing } from '../processing/processing.ts'
import type { EventReader } from './read.ts'

/**
 * Milliseconds between two looks at an event that another process may end: half of what was waited already, within these. So
 * thousands may wait for long.
 */
const [SHORTEST, LONGEST] = [250, 2_000]

/**
 * An event at its end, or after `ms` milliseconds, or once `gone` is aborted.
 * @throws AgentctlError CAMPAIGN_EVENT_NOT_FOUND
 */
export async function waitForEvent(
  reader: EventReader,
  { untilEnded }: Pick<Processing, 'untilEnded'>,
  id: string,
  ms: number,
  gone: AbortSignal,
): Promise<CampaignEvent> {
  const began = performance.now()
  for (let ended = true; ; ) {
    const waited = performance.now() - began
    const left = ms - waited
    const enough = new AbortController()
    const pause = Math.min(left, LONGEST, Math.max(SHORTEST, waited / 2))
    // Watched before it is read: it may end in between.
    const over = untilEnded(id, pause, AbortSignal.any([gone, enough.signal]))
    try {
      const last = left <= 0 || gone.aborted
      if (ended || last) {
        const event = await reader.read(id)
        if (event.status !== 'pending' || last) return event
      }
      const from = performance.now()
      await over
      // Woken before the time is up, it has ended here.
      ended = performance.now() - from < pause - 1 || (await reader.hasEnded(id))
    } finally {
      enough.abort()
    }
  }
}
