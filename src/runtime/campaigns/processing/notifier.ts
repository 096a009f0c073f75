import { type Kysely, sql } from '../../platform/sql/index.ts'
import { WAKE_CHANNEL } from '../keys.ts'
import type { CampaignTables } from '../schema.ts'

/** Wakes the processors of other processes. */
export interface Notifier {
  notify(): void
  /** Waits for what is being sent. */
  close(): Promise<void>
}

/** Milliseconds between two notifications: each commit with one holds a lock that all of the server share. */
const PAUSE = 20

/** @param own payload by which a process knows its own notifications */
export function createNotifier(db: Kysely<CampaignTables>, own: string): Notifier {
  let wanted = false
  let closed = false
  let sending: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  /** Never fails: who is not woken looks for itself in the end. */
  async function send(): Promise<void> {
    wanted = false
    await sql`SELECT pg_notify(${WAKE_CHANNEL}, ${own})`.execute(db).catch(() => {})
    if (!closed) timer = setTimeout(rest, PAUSE)
  }

  function rest(): void {
    timer = undefined
    sending = wanted ? send() : undefined
  }

  return {
    notify() {
      wanted = true
      if (!closed) sending ??= send()
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await sending
    },
  }
}
