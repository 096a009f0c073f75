import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { createEventBus } from '../../src/runtime/bus/index.ts'
import {
  EVENT_TYPES,
  type EvaluationEntry,
  type EvaluationList,
  isTerminal,
} from '../../src/runtime/evaluation/messages.ts'
import { call } from './events.ts'
import { SEED } from './faults.ts'
import { eventually } from './program.ts'

/** A submission that was answered with 202: from then on it must not be lost. */
export interface Accepted {
  id: string
  expected: string
}

export interface Submitting {
  /** Resolves when so many more are accepted: the moment for a fault. */
  more(count: number): Promise<void>
  end(): Promise<Accepted[]>
}

export interface SubmittingOptions {
  url: string
  /** Begins all Idempotency-Keys. */
  name: string
  /** Clients at once. */
  clients: number
  /** What the n-th program is, and what it writes. */
  program(n: number): { body: object; expected: string }
  /** Milliseconds between two submissions of a client. */
  rest?: number
}

/** Milliseconds after which a submission that nobody accepts counts as lost. */
const PATIENCE = 90_000
const RETRY_PAUSE = 200

/** Submits programs, each with a key of its own under which it is repeated until it is accepted, as a client would. */
export function startSubmitting({ url, name, clients, program, rest = 0 }: SubmittingOptions): Submitting {
  const accepted: Accepted[] = []
  const waiting: { count: number; reached(): void }[] = []
  let asked = 0
  let ended = false

  async function submit(n: number): Promise<void> {
    const { body, expected } = program(n)
    const headers = { 'idempotency-key': `${name}-${n}` }
    const deadline = Date.now() + PATIENCE
    for (;;) {
      const answer = await call(url, '/api/eval', { body, headers }).catch(() => undefined)
      if (answer?.status === 202) {
        accepted.push({ id: String(answer.body.eval_id), expected })
        return
      }
      if (Date.now() > deadline) throw new Error(`${name}-${n} was never accepted: ${JSON.stringify(answer)}`)
      await pause(RETRY_PAUSE)
    }
  }

  async function client(): Promise<void> {
    while (!ended) {
      await submit(asked++)
      for (const { count, reached } of waiting) if (accepted.length >= count) reached()
      await pause(rest)
    }
  }

  const all = Promise.all(Array.from({ length: clients }, client))
  all.catch(() => {})
  return {
    more(count) {
      const reached = new Promise<void>((resolve) => {
        waiting.push({ count: accepted.length + count, reached: resolve })
      })
      return Promise.race([reached, all.then(() => {})])
    },
    async end() {
      ended = true
      await all
      return accepted
    },
  }
}

/** Every row that storage has written. */
export async function rowsOf(url: string): Promise<EvaluationEntry[]> {
  const rows: EvaluationEntry[] = []
  for (let after = ''; ; ) {
    const { status, body } = await call(url, `/api/evals?limit=500${after}`)
    if (status !== 200) throw new Error(`no rows: ${JSON.stringify(body)}`)
    const { evaluations, next } = body as unknown as EvaluationList
    rows.push(...evaluations)
    if (next === undefined) return rows
    after = `&after=${encodeURIComponent(next)}`
  }
}

/**
 * Waits until each accepted evaluation has ended and is stored, and checks that each is there once, has ended once, and wrote
 * what it should; prints what was counted, with the seed.
 */
export async function judgeEvaluations(
  title: string,
  { url, redisUrl }: { url: string; redisUrl: string },
  accepted: readonly Accepted[],
  timeout = 120_000,
): Promise<EvaluationEntry[]> {
  const wanted = new Set(accepted.map(({ id }) => id))
  expect(wanted.size).toBe(accepted.length)
  let rows: EvaluationEntry[] = []
  const open = () => {
    const ended = new Set(rows.filter(({ status }) => isTerminal(status)).map(({ eval_id }) => eval_id))
    return [...wanted].filter((id) => !ended.has(id))
  }
  await eventually(
    async () => {
      rows = await rowsOf(url).catch(() => rows)
      return open().length === 0
    },
    timeout,
    () => `not stored as ended: ${open().length} of ${wanted.size}, such as ${open().slice(0, 3)}`,
  )
  expect(new Set(rows.map(({ eval_id }) => eval_id)).size).toBe(rows.length)
  const counts: Record<string, number> = {}
  for (const { status, reason, attempts } of rows) {
    const name = `${reason ?? status}, ${attempts} attempts`
    counts[name] = (counts[name] ?? 0) + 1
  }
  const ends = await endsOf(redisUrl)
  for (const id of wanted) expect([id, ends.get(id)]).toEqual([id, 1])
  process.stderr.write(
    `[AGENTCTL_FAULT_SEED=${SEED}] ${title}: ${accepted.length} accepted, ${rows.length} rows, ${JSON.stringify(counts)}\n`,
  )
  return rows
}

/** How often the bus was told of the end of each evaluation. */
async function endsOf(redisUrl: string): Promise<Map<string, number>> {
  const bus = createEventBus({ redisUrl })
  const ends = new Map<string, number>()
  try {
    for (const type of EVENT_TYPES.slice(2)) {
      await bus.replay<{ eval_id: string }>(type, {
        handler: ({ eval_id: id }) => {
          ends.set(id, (ends.get(id) ?? 0) + 1)
        },
      })
    }
    return ends
  } finally {
    await bus.close()
  }
}
