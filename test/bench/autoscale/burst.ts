import { connectToServe } from '../../../src/runtime/supervisor/index.ts'
import { now, sleep } from '../support/clock.ts'
import { startServe } from '../support/serve.ts'
import { percentile } from '../support/statistics.ts'

export interface Fleet {
  title: string
  /** Workers at the start. */
  workers: number
  /** Flags of `serve` beside these. */
  flags: readonly string[]
}

export interface BurstOptions {
  fleet: Fleet
  chats: number
  /** Chats that one worker answers at once. */
  slots: number
  /** For which workers are counted, from the burst on. */
  seconds: number
}

export interface Burst {
  fleet: string
  /** Seconds until the last chat was answered. */
  drained: number
  /** Seconds in which half of the chats were answered. */
  p50: number
  /** Workers, each for as long as it was kept. */
  replicaSeconds: number
  most: number
  /** At the end. */
  left: number
  /** Chats without all of their messages. */
  lost: number
}

/** Messages of the handler that needs nothing. */
const MESSAGES = 20
const BETWEEN_LOOKS = 200

/** So many chats at once, on a serve of its own. */
export async function runBurst({ fleet, chats, slots, seconds }: BurstOptions): Promise<Burst> {
  const roles = `gateway=1,worker=${fleet.workers}`
  const serve = await startServe(['--roles', roles, '--concurrency', String(slots), ...fleet.flags])
  try {
    const began = now()
    const watching = countWorkers(serve.stateDir, began + seconds * 1_000)
    watching.catch(() => {}) // told below, unless a chat fails first
    const ends = await Promise.all(
      Array.from({ length: chats }, async (_, n) => ({ ok: await chat(serve.url, n), took: now() - began })),
    )
    const times = ends.map(({ took }) => took / 1_000)
    return {
      fleet: fleet.title,
      drained: Math.max(...times),
      p50: percentile(times, 0.5),
      lost: ends.filter(({ ok }) => !ok).length,
      ...(await watching),
    }
  } finally {
    await serve.stop()
  }
}

/** Whether it had all its messages. */
async function chat(url: string, n: number): Promise<boolean> {
  const query = new URLSearchParams({ feature_id: 'bench', chat_id: `burst-${n}` })
  const answer = await fetch(`${url}/stream?${query}`, { method: 'POST' })
  const text = await answer.text()
  return text.includes('[DONE]') && text.match(/^data: \{/gm)?.length === MESSAGES
}

async function countWorkers(stateDir: string, until: number) {
  const client = connectToServe(stateDir)
  let replicaSeconds = 0
  let most = 0
  let left = 0
  for (let before = now(); before < until; ) {
    const { replicas } = await client.status()
    left = replicas.filter(({ role }) => role === 'worker').length
    most = Math.max(most, left)
    await sleep(BETWEEN_LOOKS)
    const after = now()
    replicaSeconds += (left * (after - before)) / 1_000
    before = after
  }
  return { replicaSeconds, most, left }
}
