import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Batch, BatchResult } from '../../src/runtime/campaigns/index.ts'
import { freePort } from '../../src/runtime/platform/process/index.ts'

/** How a replica treats a request. `lost`: it does the work, and its answer never arrives. */
export type Treatment =
  | 'answers'
  | 'cuts'
  | 'lost'
  | 'hangs'
  | { status: number; code: string; retryAfter?: number; after?: boolean }

export interface AskedRequest {
  method: string
  path: string
  headers: IncomingMessage['headers']
  // biome-ignore lint/suspicious/noExplicitAny: whatever a client sends; tests look into it
  body: any
}

/** What all replicas know: the database. */
export interface StubStore {
  /** How often each event was registered for the first time: more than once must not be. */
  events: Map<string, number>
  /** By idempotency key. */
  campaigns: Map<string, Record<string, unknown>>
}

export interface CampaignsStub {
  url: string
  asked: AskedRequest[]
  store: StubStore
  /** Decides about each request from now on. */
  treat(decide: (request: AskedRequest, number: number) => Treatment): void
  /** Stops listening, as a service that is down. */
  down(): Promise<void>
  /** Listens again, on the same port. */
  up(): Promise<void>
  close(): Promise<void>
}

export const newStore = (): StubStore => ({ events: new Map(), campaigns: new Map() })

/** A replica of the campaigns service that fails on demand. */
export async function startCampaignsStub(store: StubStore = newStore()): Promise<CampaignsStub> {
  const asked: AskedRequest[] = []
  let decide: (request: AskedRequest, number: number) => Treatment = () => 'answers'
  const port = await freePort()
  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy())
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request) text += chunk
    const { method = 'GET', url: path = '/', headers } = request
    const seen = { method, path, headers, body: text === '' ? undefined : JSON.parse(text) }
    asked.push(seen)
    const treatment = decide(seen, asked.length)
    if (treatment === 'hangs') return
    if (treatment === 'cuts') return void response.destroy()
    if (typeof treatment === 'object') {
      if (treatment.after) answerOf(store, seen)
      return refuse(response, treatment)
    }
    const answer = answerOf(store, seen)
    if (treatment === 'lost') return void response.destroy()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }

  const up = () =>
    new Promise<void>((ready) => {
      server.listen(port, '127.0.0.1', ready)
    })
  const down = () =>
    new Promise<void>((closed) => {
      server.close(() => closed())
      server.closeAllConnections()
    })
  await up()
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    store,
    treat(next) {
      decide = next
    },
    down,
    up,
    close: down,
  }
}

function refuse(response: ServerResponse, { status, code, retryAfter }: Exclude<Treatment, string>): void {
  const after = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  response.writeHead(status, { 'content-type': 'application/problem+json', ...after })
  response.end(JSON.stringify({ type: code, title: code, status, detail: `said ${code}`, code, fix: 'Fix.' }))
}

function answerOf(store: StubStore, { method, path, headers, body }: AskedRequest): unknown {
  if (path === '/health') return { status: 'ok' }
  if (path === '/events/batch') return register(store, body.events)
  if (path === '/campaigns' && method === 'POST') {
    const key = String(headers['idempotency-key'])
    const made = store.campaigns.get(key) ?? { ...body, campaign_id: store.campaigns.size + 1 }
    store.campaigns.set(key, made)
    return made
  }
  return { method, path, body }
}

function register({ events }: StubStore, given: { event_id?: string; bad?: boolean }[]): Batch {
  const results = given.map((event, index): BatchResult => {
    const id = event?.event_id
    if (id === undefined || event.bad === true) {
      const error = { code: 'CAMPAIGN_EVENT_INVALID', detail: 'bad', field: 'bad' }
      return { index, event_id: id ?? null, outcome: 'invalid', error }
    }
    if (events.has(id)) return { index, event_id: id, outcome: 'known' }
    events.set(id, 1)
    return { index, event_id: id, outcome: 'registered' }
  })
  const count = (outcome: string) => results.filter((result) => result.outcome === outcome).length
  return { registered: count('registered'), known: count('known'), failed: count('invalid'), results }
}
