import type { Cluster, Redis } from 'ioredis'
import { isCluster, type RedisClient } from './connect.ts'
import { slotOf } from './slot.ts'

/** A command that reads one key. */
export interface Question {
  readonly words: readonly [command: string, ...args: (string | number)[]]
  readonly key: string
}

export type Answer = { readonly value: unknown; readonly error?: undefined } | { readonly error: Error }

/** A server that takes writes: of a cluster there are several. */
export interface Primary {
  /** `host:port`, or `redis` where there is one only. */
  readonly name: string
  readonly redis: Redis
}

/** Commands in one pipeline: few enough that other clients are served in between. */
const CHUNK = 150

/** The servers that have the keys; of a cluster, once it has been reached. */
export async function primariesOf(client: RedisClient): Promise<Primary[]> {
  if (!isCluster(client)) return [{ name: 'redis', redis: client }]
  if (client.status !== 'ready') await client.ping()
  return client.nodes('master').map((redis) => ({ name: nameOf(redis), redis }))
}

/**
 * Asks many things in few round trips: in pipelines to the servers that have the keys, all servers at the same time. What one
 * question fails with is its answer, also when its server is away.
 */
export async function askAll(client: RedisClient, questions: readonly Question[]): Promise<Answer[]> {
  const answers: Answer[] = new Array(questions.length)
  const all = questions.map((_, i) => i)
  if (!isCluster(client)) {
    await askOne(client, questions, all, answers)
    return answers
  }
  const nodes = new Map(client.nodes('master').map((node) => [nameOf(node), node]))
  const byOwner = Map.groupBy(all, (i) => client.slots[slotOf((questions[i] as Question).key)]?.[0] ?? '')
  await Promise.all(
    [...byOwner].map(async ([owner, indices]) => {
      const node = nodes.get(owner)
      if (node) return askOne(node, questions, indices, answers)
      for (const i of indices)
        answers[i] = { error: new Error('CLUSTERDOWN no server is known for the slot') }
    }),
  )
  followMoves(client, answers)
  return answers
}

async function askOne(
  node: Redis,
  questions: readonly Question[],
  indices: readonly number[],
  answers: Answer[],
): Promise<void> {
  for (let at = 0; at < indices.length; at += CHUNK) {
    const chunk = indices.slice(at, at + CHUNK)
    const pipeline = node.pipeline()
    for (const i of chunk) pipeline.call(...(questions[i] as Question).words)
    const replies = await pipeline.exec().catch((error: Error) => chunk.map(() => [error, null] as const))
    chunk.forEach((i, n) => {
      const [error, value] = replies?.[n] ?? [new Error('Connection is closed'), null]
      answers[i] = error ? { error } : { value }
    })
  }
}

/** The next questions go where the keys are by then. */
function followMoves(client: Cluster, answers: readonly Answer[]): void {
  if (answers.some(({ error }) => error && /^(MOVED|CLUSTERDOWN) /.test(error.message)))
    client.refreshSlotsCache()
}

/** Whether the answer says only that the key is, or goes, elsewhere at this moment. */
export function isOnTheMove(error: Error): boolean {
  return /^(MOVED|ASK|TRYAGAIN) /.test(error.message)
}

function nameOf({ options }: Redis): string {
  return `${options.host}:${options.port}`
}
