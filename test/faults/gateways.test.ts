import { randomUUID } from 'node:crypto'
import { EventSource } from 'eventsource'
import { afterEach, describe, expect, it } from 'vitest'
import { streamKey } from '../../src/runtime/bus/index.ts'
import { followChat } from '../../src/runtime/chat/client.ts'
import type { ChatMessage } from '../../src/runtime/chat/index.ts'
import { connectRedis, disconnectRedis } from '../../src/runtime/platform/redis/index.ts'
import { heldHandler } from '../support/held-handler.ts'
import { eventually, type TestServe } from '../support/program.ts'
import { silent } from '../support/redis.ts'
import { createScene } from '../support/scene.ts'
import { numbers, upTo } from '../support/sse.ts'
import { startTcpBalancer, type TcpBalancer } from '../support/tcp-balancer.ts'

const PATIENCE = 60_000
const CLIENTS = 8
const TYPE = 'gateways.test'
const scene = createScene()
let balancer: TcpBalancer | undefined

afterEach(async () => {
  await balancer?.close()
  balancer = undefined
})

interface Gateways {
  serve: TestServe
  ports: readonly [number, number]
  balancer: TcpBalancer
  /** Ends one with SIGKILL; whoever was there is led to the other one from now on. */
  kill(port: number): void
}

async function startGateways(...args: string[]): Promise<Gateways> {
  const serve = await scene.serve(['--ephemeral', '--roles', 'gateway=2,worker=2', ...args])
  const gateways = serve.status.replicas.filter(({ role }) => role === 'gateway')
  const portOf = (place: number) => Number(new URL(gateways[place]?.facts.url ?? '').port)
  const ports = [portOf(0), portOf(1)] as const
  const opened = await startTcpBalancer(ports)
  balancer = opened
  return {
    serve,
    ports,
    balancer: opened,
    kill(port) {
      opened.leaveOut(port)
      process.kill(gateways[ports.indexOf(port)]?.pid ?? 0, 'SIGKILL')
    },
  }
}

/** What one client has seen of its chat. */
interface Reader {
  messages: ChatMessage[]
  /** Connections that were lost. */
  reconnects: number
  gaps: number
  whole: Promise<void>
}

/** Our own client. */
function follow(url: string, chat: string): Reader {
  const reader: Reader = { messages: [], reconnects: 0, gaps: 0, whole: Promise.resolve() }
  reader.whole = (async () => {
    const events = followChat({
      ...{ url, chat: { feature: 'test', chat }, retryFor: PATIENCE },
      signal: AbortSignal.timeout(2 * PATIENCE),
    })
    for await (const event of events) {
      if (event.type === 'message') reader.messages.push(event.message)
      else if (event.type === 'gap') reader.gaps++
      else reader.reconnects++
    }
  })()
  return reader
}

/** Anybody's: the `EventSource` of browsers. */
function listen(url: string, chat: string): Reader {
  const source = new EventSource(
    `${url}/stream?${new URLSearchParams({ feature_id: 'test', chat_id: chat })}`,
  )
  const { promise, resolve } = Promise.withResolvers<void>()
  const reader: Reader = { messages: [], reconnects: 0, gaps: 0, whole: promise }
  source.addEventListener('gap', () => reader.gaps++)
  source.addEventListener('error', () => reader.reconnects++)
  source.addEventListener('message', ({ data }) => {
    if (data !== '[DONE]') return void reader.messages.push(JSON.parse(data) as ChatMessage)
    source.close()
    resolve()
  })
  return reader
}

describe('two gateways, of which one is killed', () => {
  it('their readers go on at the other one: every message once, in order, and one run of each chat', async () => {
    const { file, goOn } = heldHandler(scene.place.dir)
    const { ports, balancer, kill } = await startGateways('--handler', file)
    const readers = upTo(CLIENTS).map((i) =>
      (i % 2 === 0 ? follow : listen)(balancer.url, `chat-${Math.floor(i / 2)}`),
    )
    await eventually(() => readers.every(({ messages }) => messages.length >= 10), PATIENCE)
    const [victim, survivor] = ports
    expect([balancer.given(victim), balancer.given(survivor)]).toEqual([CLIENTS / 2, CLIENTS / 2])
    kill(victim)
    await eventually(() => readers.filter(({ reconnects }) => reconnects > 0).length >= CLIENTS / 2, PATIENCE)
    goOn()
    await Promise.all(readers.map(({ whole }) => whole))
    for (const { messages, gaps } of readers) {
      expect([numbers(messages), gaps]).toEqual([upTo(20), 0])
      // One job has written it: nobody who came again has started another one.
      expect(new Set(messages.map(({ container_id }) => container_id)).size).toBe(1)
    }
    expect(balancer.given(survivor)).toBeGreaterThanOrEqual(CLIENTS)
  })

  it('what is posted goes on: sent again after a lost answer, an event is stored once', async () => {
    const { serve, ports, balancer, kill } = await startGateways()
    const stopping = new AbortController()
    const posters = upTo(4).map((i) => post(balancer.url, i, stopping.signal))
    const accepted = () => posters.reduce((sum, { sent }) => sum + sent.length, 0)
    await eventually(() => accepted() >= 50, PATIENCE)
    const before = accepted()
    kill(ports[1])
    await eventually(() => accepted() >= before + 50, PATIENCE)
    stopping.abort()
    await Promise.all(posters.map(({ ended }) => ended))
    const sent = posters.flatMap((poster) => poster.sent)

    const redis = connectRedis({ url: serve.redisUrl, purpose: 'request', name: 'test', log: silent })
    try {
      const entries = (await redis.xrange(streamKey(TYPE), '-', '+')) as [string, string[]][]
      const stored = entries.map(([, fields]) => fields[fields.indexOf('event_id') + 1])
      expect(stored.toSorted()).toEqual(sent.toSorted())
    } finally {
      await disconnectRedis(redis)
    }
  })
})

/** Publishes one event after another, each as often as it takes to be told that it is stored. */
function post(url: string, poster: number, signal: AbortSignal) {
  const sent: string[] = []
  async function publish(key: string): Promise<boolean> {
    const response = await fetch(`${url}/events/${TYPE}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ poster }),
    }).catch(() => undefined)
    await response?.body?.cancel()
    return response?.ok ?? false
  }
  async function run(): Promise<void> {
    while (!signal.aborted) {
      const key = randomUUID()
      while (!(await publish(key)));
      sent.push(key)
    }
  }
  return { sent, ended: run() }
}
