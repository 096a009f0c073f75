import { setTimeout as pause } from 'node:timers/promises'
import type { EventBus } from '../../bus/index.ts'
import { AgentctlError, createGathering, type Logger, messageOf } from '../../kernel/index.ts'
import type { Kysely } from '../../platform/sql/index.ts'
import type { Ended } from '../processing/ended.ts'
import type { CampaignTables } from '../schema.ts'
import { type Announcement, announcementsOf } from './announcements.ts'
import { markAnnounced, takeUnannounced } from './outbox.ts'

export interface AnnouncerOptions {
  db: Kysely<CampaignTables>
  bus: Pick<EventBus, 'send'>
  /** Milliseconds between two looks for what was not announced, at most 5 s. */
  interval: number
  log: Logger
}

/** Tells the bus how events have ended: each at least once, under an id by which it knows a repeat. */
export interface Announcer {
  /** Announces what was committed just now. */
  tell(ended: readonly Ended[]): void
  /** Looks from now on for what nobody has announced, such as after a crash, or after Redis was away. */
  start(): void
  /** Announces what was told, unless that takes too long; the rest is found by the next look, of whoever that is. */
  stop(): Promise<void>
}

const BATCH = 500
/** Events that wait to be announced; what comes on top is left to the next look. */
const MOST_WAITING = 20_000
const LONGEST_INTERVAL = 5_000
/** Milliseconds to reach Redis, after which announcements wait for the next look. */
const TIMEOUT = 2_000
/** Milliseconds after which no further batch is begun when it is stopped. */
const LAST_WORDS = 2_000
const REFUSALS = new Set(['EVENT_DATA_INVALID', 'EVENT_TOO_LARGE', 'EVENT_ID_INVALID'])

export function createAnnouncer({ db, bus, interval, log }: AnnouncerOptions): Announcer {
  const stopping = new AbortController()
  const gathering = createGathering<Ended, void>(BATCH, async (ended) => {
    if (!away && !late) await announce(db, ended).catch(noteTrouble)
    return []
  })
  let away = false
  let late = false
  let looking: Promise<void> = Promise.resolve()
  let told: Promise<void> = Promise.resolve()

  /** While anything is away the rows wait: they say themselves that they were not announced. */
  function noteTrouble(error: unknown): void {
    if (away || stopping.signal.aborted) return
    away = true
    log.warn({ reason: messageOf(error) }, 'ends of events cannot be announced now: they wait')
  }

  async function announce(target: Kysely<CampaignTables>, ended: readonly Ended[]): Promise<void> {
    await Promise.all(ended.flatMap(announcementsOf).map(send))
    await markAnnounced(
      target,
      ended.map(({ ending }) => ending.event_id),
    )
  }

  async function send({ type, eventId, data }: Announcement): Promise<void> {
    try {
      await bus.send(type, data, { eventId, timeout: TIMEOUT })
    } catch (error) {
      // What the bus will never take, such as for a schema that somebody has registered, must not hold up all others.
      if (!(error instanceof AgentctlError) || !REFUSALS.has(error.code)) throw error
      log.error({ type, event_id: eventId, reason: error.message }, 'an announcement is refused by the bus')
    }
  }

  async function look(): Promise<void> {
    let any = false
    for (let found = BATCH; found === BATCH && !stopping.signal.aborted; ) {
      found = await db.transaction().execute(async (trx) => {
        const ended = await takeUnannounced(trx, BATCH)
        if (ended.length > 0) await announce(trx, ended)
        return ended.length
      })
      any ||= found > 0
    }
    // To have found nothing says nothing of Redis.
    if (!away || !any) return
    away = false
    log.info('ends of events are announced again')
  }

  async function keepLooking(): Promise<void> {
    while (!stopping.signal.aborted) {
      await look().catch(noteTrouble)
      const wait = Math.min(interval, LONGEST_INTERVAL)
      await pause(wait, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  return {
    tell(ended) {
      if (away || gathering.size > MOST_WAITING) return
      // They come to their end in this order, and never fail.
      for (const each of ended) told = gathering.add(each)
    },
    start() {
      looking = keepLooking()
    },
    async stop() {
      stopping.abort()
      const timer = setTimeout(() => {
        late = true
      }, LAST_WORDS)
      await Promise.all([looking, told])
      clearTimeout(timer)
    },
  }
}
