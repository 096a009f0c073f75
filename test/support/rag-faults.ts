import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import { expect } from 'vitest'
import type { RedisClient } from '../../src/runtime/platform/redis/index.ts'
import type { QueryAnswer } from '../../src/runtime/rag/messages.ts'
import { call } from './events.ts'
import { SEED } from './faults.ts'
import { eventually, type TestServe } from './program.ts'

const BEGINNINGS = ['Bram', 'Quill', 'Vosk', 'Tarn', 'Gwyd', 'Jolp', 'Hasp', 'Zinc']
const ENDINGS = ['oweth', 'ugarn', 'ilvax', 'ektom', 'ardup']
const TRADES = ['bakes bread', 'mends sails', 'paints doors', 'tunes bells', 'grinds glass', 'keeps goats']
const PLACES = ['harbour', 'mill', 'tower', 'market', 'orchard', 'chapel', 'quarry']

/** A fact that is found by a name that nobody else has. */
export interface Fact {
  id: string
  text: string
  question: string
}

export const FACTS: readonly Fact[] = BEGINNINGS.flatMap((beginning, i) =>
  ENDINGS.map((ending, k) => {
    const name = `${beginning}${ending}`
    const text = `${name} ${TRADES[(i + k) % TRADES.length]} at the old ${PLACES[(i + 2 * k) % PLACES.length]}.`
    return { id: name, text, question: `What does ${name} do?` }
  }),
)

export async function teach(url: string): Promise<void> {
  const documents = FACTS.map(({ id, text }) => ({ id, text }))
  const { status } = await call(url, '/documents', { body: { documents } })
  expect(status).toBe(200)
}

/** What became of one query. */
export interface Outcome {
  key: string
  body: object
  expected: string
  status: number
  answer: QueryAnswer
  /** Codes of refusals, and of lost connections, before this. */
  troubles: string[]
}

export interface Load {
  /** Resolves when so many more are answered: the moment for a fault. */
  more(count: number): Promise<void>
  /** Asks no more, and resolves when all that was asked has an answer or an error. */
  end(): Promise<Outcome[]>
}

interface LoadOptions {
  url: string
  /** Begins all Idempotency-Keys. */
  name: string
  inFlight?: number
  /** What a client does not take for an answer but tries again, as it would after a lost connection. */
  again?: readonly string[]
}

/** Milliseconds after which a query without any answer counts as silence. */
const SILENCE = 90_000
const RETRY_PAUSE = 200

/** Asks without a pause, always `inFlight` queries at once; each with a key of its own, repeated until there is an answer. */
export function startLoad({ url, name, inFlight = 20, again = [] }: LoadOptions): Load {
  const outcomes: Outcome[] = []
  const waiting: { count: number; reached(): void }[] = []
  let asked = 0
  let ended = false

  async function ask(number: number): Promise<Outcome> {
    const fact = FACTS[number % FACTS.length] as Fact
    const key = `${name}-${number}`
    const body = { query: fact.question, use_cache: false }
    const troubles: string[] = []
    const deadline = Date.now() + SILENCE
    for (;;) {
      if (Date.now() > deadline) throw new Error(`${key} has no answer, after ${troubles.join(', ')}`)
      const response = await send(url, key, body, deadline)
      if ('trouble' in response) troubles.push(response.trouble)
      else {
        const { status, answer } = response
        const code = (answer as { code?: string }).code
        if (code === undefined || !again.includes(code)) {
          return { key, body, expected: fact.text, status, answer, troubles }
        }
        troubles.push(code)
      }
      await pause(RETRY_PAUSE)
    }
  }

  async function client(): Promise<void> {
    while (!ended) {
      outcomes.push(await ask(asked++))
      for (const { count, reached } of waiting) if (outcomes.length >= count) reached()
    }
  }

  const clients = Promise.all(Array.from({ length: inFlight }, client))
  clients.catch(() => {})
  return {
    more(count) {
      const reached = new Promise<void>((resolve) => {
        waiting.push({ count: outcomes.length + count, reached: resolve })
      })
      return Promise.race([reached, clients.then(() => {})])
    },
    async end() {
      ended = true
      await clients
      return outcomes
    },
  }
}

async function send(
  url: string,
  key: string,
  body: object,
  deadline: number,
): Promise<{ status: number; answer: QueryAnswer } | { trouble: string }> {
  try {
    const response = await request(`${url}/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(deadline - Date.now()),
    })
    return { status: response.statusCode, answer: (await response.body.json()) as QueryAnswer }
  } catch (error) {
    return { trouble: (error as { code?: string }).code ?? (error as Error).name }
  }
}

export interface Tally {
  queries: number
  errors: Record<string, number>
  troubles: Record<string, number>
}

/** Counts what came out, prints it with the seed, and checks that no answer is wrong. */
export function judge(title: string, outcomes: readonly Outcome[]): Tally {
  const errors: Record<string, number> = {}
  const troubles: Record<string, number> = {}
  for (const { key, status, answer, expected, troubles: met } of outcomes) {
    for (const code of met) troubles[code] = (troubles[code] ?? 0) + 1
    if (status === 200) expect([key, answer.answer]).toEqual([key, expect.stringContaining(expected)])
    else {
      const { code } = answer as unknown as { code: string }
      errors[`${status} ${code}`] = (errors[`${status} ${code}`] ?? 0) + 1
    }
  }
  const ids = new Set(outcomes.filter(({ status }) => status === 200).map(({ answer }) => answer.job_id))
  expect(ids.size).toBe(outcomes.filter(({ status }) => status === 200).length)
  process.stderr.write(
    `[AGENTCTL_FAULT_SEED=${SEED}] ${title}: ${outcomes.length} queries, errors ${JSON.stringify(errors)}, retried ${JSON.stringify(troubles)}\n`,
  )
  return { queries: outcomes.length, errors, troubles }
}

/** A key that is sent again is answered as before: the query was answered once. */
export async function expectSame(url: string, outcomes: readonly Outcome[]): Promise<void> {
  for (const { key, body, answer } of outcomes.slice(-10)) {
    const headers = { 'idempotency-key': key }
    expect(await call(url, '/query', { body, headers })).toEqual({ status: 200, body: answer })
  }
}

/** Resolves once nothing waits or is under way anywhere, and every load is 0 or gone. */
export async function atRest(redis: RedisClient, timeout = 15_000): Promise<void> {
  let seen: Record<string, unknown> = {}
  await eventually(
    async () => {
      const [loads, waiting, active] = await Promise.all(
        ['llm:load:*', 'job:*:wait', 'job:*:active'].map((pattern) => redis.keys(pattern)),
      )
      seen = {}
      for (const key of loads ?? []) {
        const load = await redis.get(key)
        if (load !== null && load !== '0') seen[key] = load
      }
      for (const key of [...(waiting ?? []), ...(active ?? [])]) {
        const jobs = await redis.lrange(key, 0, -1)
        if (jobs.length > 0) seen[key] = jobs
      }
      return Object.keys(seen).length === 0
    },
    timeout,
    () => `not at rest: ${JSON.stringify(seen)}`,
  )
}

/** Every replica runs. */
export function allReady(serve: TestServe): Promise<void> {
  return eventually(async () => (await serve.ps()).replicas.every(({ state }) => state === 'ready'), 40_000)
}

export async function replicaOf(serve: TestServe, name: string): Promise<{ pid: number; url: string }> {
  const replica = (await serve.ps()).replicas.find((candidate) => candidate.name === name)
  if (!replica?.pid) throw new Error(`${name} does not run`)
  return { pid: replica.pid, url: replica.facts.url ?? '' }
}
