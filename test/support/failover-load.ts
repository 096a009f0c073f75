import { setTimeout as pause } from 'node:timers/promises'
import { call } from './events.ts'
import { numbers, readStream } from './sse.ts'

/** What clients of a gateway do over and over, each with an id of its own, and repeat until it is acknowledged. */
export interface Load {
  /** Resolves once so many more of each kind have been acknowledged. */
  more(count: number): Promise<void>
  /** Lets what is under way come to its end. */
  end(): Promise<Done>
}

export interface Done {
  /** Ids of the events whose publication was acknowledged. */
  events: string[]
  /** By chat: the numbers of the messages that its client has got, in order. */
  chats: Map<string, number[]>
  /** What went wrong before it was repeated, in order. */
  troubles: Trouble[]
}

export interface Trouble {
  what: 'event' | 'chat'
  /** Milliseconds since 1970. */
  at: number
  reason: string
}

export const LOAD_TYPE = 'failover.happened'

/** Milliseconds after which something that nobody acknowledges counts as refused for ever. */
const PATIENCE = 90_000
const RETRY_PAUSE = 100
/** Milliseconds between two acts of a client. */
const REST = 30

/** Publishes events and reads chats, with two clients each. */
export function startLoad(url: string): Load {
  const done: Done = { events: [], chats: new Map(), troubles: [] }
  const watchers: { events: number; chats: number; reached(): void }[] = []
  let counter = 0
  let ended = false

  async function untilDone(what: Trouble['what'], act: () => Promise<string>): Promise<void> {
    for (const deadline = Date.now() + PATIENCE; ; ) {
      const reason = await act().catch(String)
      if (reason === '') return
      done.troubles.push({ what, at: Date.now(), reason })
      if (Date.now() > deadline) throw new Error(`${what} refused for ${PATIENCE} ms: ${reason}`)
      await pause(RETRY_PAUSE)
    }
  }

  async function publish(id: string): Promise<void> {
    await untilDone('event', async () => {
      const headers = { 'idempotency-key': id }
      const { status, body } = await call(url, `/events/${LOAD_TYPE}`, { body: { id }, headers })
      return status < 300 ? '' : `${status} ${JSON.stringify(body)}`
    })
    done.events.push(id)
  }

  /** Reads on after what it has seen, as browsers do. */
  async function chat(id: string): Promise<void> {
    const seen: number[] = []
    let lastEventId: string | undefined
    await untilDone('chat', async () => {
      const read = await readStream(url, {
        ...{ feature: 'failover', chat: id, body: { prompt: id } },
        ...(lastEventId === undefined ? {} : { lastEventId }),
        onFrame: (frame) => {
          if (frame.id) lastEventId = frame.id
        },
      })
      seen.push(...numbers(read.messages.filter(({ id: n }) => n !== undefined)))
      return read.done ? '' : `${read.status} ${read.text.slice(-300)}`
    })
    done.chats.set(id, seen)
  }

  async function client(act: (id: string) => Promise<void>): Promise<void> {
    while (!ended) {
      await act(`c${counter++}`)
      for (const { events, chats, reached } of watchers)
        if (done.events.length >= events && done.chats.size >= chats) reached()
      await pause(REST)
    }
  }

  const all = Promise.all([publish, publish, chat, chat].map(client))
  all.catch(() => {})
  return {
    more(count) {
      const reached = new Promise<void>((resolve) => {
        watchers.push({
          events: done.events.length + count,
          chats: done.chats.size + count,
          reached: resolve,
        })
      })
      return Promise.race([reached, all.then(() => {})])
    },
    async end() {
      ended = true
      await all
      return done
    },
  }
}
