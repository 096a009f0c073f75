import { AgentctlError, createGathering } from '../../kernel/index.ts'
import type { Kysely } from '../../platform/sql/index.ts'
import { campaignsError } from '../errors.ts'
import { type Batch, type BatchResult, type EventStatus, MAX_BATCH, type NewEvent } from '../messages.ts'
import type { CampaignTables } from '../schema.ts'
import { createTurns } from '../turns.ts'
import { type CheckedEvent, checkEvent, parseEvent } from './check.ts'
import { type Outcome, storeEvents } from './store.ts'

export interface Registered {
  event_id: string
  status: EventStatus
  /** False for a repeat. */
  fresh: boolean
}

export interface EventRegistration {
  /**
   * Registers an event, or finds that it is registered already.
   * @throws AgentctlError CAMPAIGN_EVENT_INVALID, CAMPAIGN_EVENT_CONFLICT, and what the database says
   */
  register(event: NewEvent): Promise<Registered>
  /**
   * Registers as many of these as can be; each is checked by itself.
   * @throws what the database says; repeating all is safe as far as they have ids
   */
  registerAll(events: readonly unknown[]): Promise<Batch>
}

export interface EventRegistrationOptions {
  db: Kysely<CampaignTables>
  /** Told after events were committed: `Processing.wake`. */
  onRegistered(): void
}

/**
 * Registers events for any number of callers. What comes while a statement is under way goes into the next one, so that many
 * events share one commit; a single one waits for nothing.
 */
export function createEventRegistration({ db, onRegistered }: EventRegistrationOptions): EventRegistration {
  const gathering = createGathering<CheckedEvent, Outcome>(MAX_BATCH, async (events) => {
    const outcomes = await storeEvents(db, events)
    if (outcomes.some((each) => !(each instanceof Error) && each.outcome === 'registered')) onRegistered()
    return outcomes
  })

  async function store(event: CheckedEvent): Promise<Registered> {
    const stored = await gathering.add(event)
    if (stored instanceof Error)
      throw campaignsError('CAMPAIGN_EVENT_INVALID', `the database does not take it: ${stored.message}`, {
        cause: stored,
      })
    const { outcome, status } = stored
    if (outcome !== 'conflict') return { event_id: event.event_id, status, fresh: outcome === 'registered' }
    throw campaignsError('CAMPAIGN_EVENT_CONFLICT', `${event.event_id} is another event, now ${status}`, {
      field: 'event_id',
    })
  }

  async function registerOne(checked: CheckedEvent | AgentctlError, index: number, given: unknown) {
    try {
      if (checked instanceof Error) throw checked
      const { event_id, fresh } = await store(checked)
      return { index, event_id, outcome: fresh ? 'registered' : 'known' } satisfies BatchResult
    } catch (error) {
      return refusalOf(error, index, given)
    }
  }

  return {
    register: async (event) => store(checkEvent(event)),
    async registerAll(events) {
      const checked = await checkAll(events)
      const results = await Promise.all(checked.map((each, i) => registerOne(each, i, events[i])))
      const count = (wanted: string) => results.filter(({ outcome }) => outcome === wanted).length
      const [registered, known] = [count('registered'), count('known')]
      return { registered, known, failed: results.length - registered - known, results }
    },
  }
}

/** Checks events one by one: a batch of large ones takes a while, in which others have their turn. */
export async function checkAll(events: readonly unknown[]): Promise<(CheckedEvent | AgentctlError)[]> {
  const turns = createTurns()
  const checked: (CheckedEvent | AgentctlError)[] = []
  for (const event of events) {
    try {
      checked.push(checkEvent(parseEvent(event)))
    } catch (error) {
      if (!(error instanceof AgentctlError)) throw error
      checked.push(error)
    }
    await turns()
  }
  return checked
}

/** @throws what is not the fault of the event */
function refusalOf(error: unknown, index: number, given: unknown): BatchResult {
  const outcome = error instanceof AgentctlError && OUTCOMES[error.code]
  if (!outcome) throw error
  const { code, message: detail, field } = error
  const problem = { code, detail, ...(field === undefined ? {} : { field }) }
  return { index, event_id: idOf(given), outcome, error: problem }
}

const OUTCOMES: Readonly<Record<string, 'invalid' | 'conflict'>> = {
  CAMPAIGN_EVENT_INVALID: 'invalid',
  CAMPAIGN_EVENT_CONFLICT: 'conflict',
}

function idOf(given: unknown): string | null {
  const id = (given as { event_id?: unknown } | null | undefined)?.event_id
  return typeof id === 'string' ? id.slice(0, 128) : null
}
