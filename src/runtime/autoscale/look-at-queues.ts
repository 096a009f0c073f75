import type { QueueRef } from '../platform/probe/index.ts'
import { DEPTH_QUESTIONS, depthQuestions, toDepth } from '../platform/queue-depth/index.ts'
import { askAll, type Question, type RedisClient } from '../platform/redis/index.ts'
import type { Lane } from './demand.ts'
import type { QueueSource, Workload } from './workloads.ts'

type Queues = Extract<Workload, { kind: 'queues' }>

/** For each queue: its depth, and then who has waited longest, without and with a priority. */
const QUESTIONS = DEPTH_QUESTIONS + 2

/** Looks at queues in two round trips. @param now milliseconds since 1970 */
export function createQueueLook(redis: RedisClient, now: () => number) {
  const known = new WeakMap<QueueSource, readonly QueueRef[]>()

  /** Names of queues do not change: they are looked up once all are there. */
  async function refsOf({ of, names }: Queues): Promise<readonly QueueRef[]> {
    const wanted = (refs: readonly QueueRef[]) =>
      names.map((name) => {
        const ref = refs.find((one) => one.name === name)
        if (!ref) throw new Error(`there is no queue ${name} yet`)
        return ref
      })
    const refs = known.get(of)
    if (refs) return wanted(refs)
    const found = await of.queues(redis)
    const chosen = wanted(found)
    known.set(of, chosen)
    return chosen
  }

  async function ask(questions: readonly Question[]): Promise<unknown[]> {
    const answers = await askAll(redis, questions)
    return answers.map((answer) => {
      if (answer.error) throw answer.error
      return answer.value
    })
  }

  async function oldestOf(refs: readonly QueueRef[], ids: readonly (readonly string[])[]) {
    const asked = refs.flatMap(({ prefix, queue }, i) => {
      const keys = (ids[i] ?? []).map((id) => `${prefix}:${queue}:${id}`)
      return keys.map((key) => ({ i, question: { key, words: ['hget', key, 'timestamp'] as const } }))
    })
    const times = await ask(asked.map(({ question }) => question))
    return refs.map((_, i) => {
      // A job that was taken meanwhile has none.
      const own = times.flatMap((time, at) => (asked[at]?.i === i && time !== null ? [Number(time)] : []))
      return own.length === 0 ? null : Math.max(0, now() - Math.min(...own))
    })
  }

  return async (workload: Queues): Promise<Lane[]> => {
    const refs = await refsOf(workload)
    const answers = await ask(refs.flatMap(questionsOf))
    const each = refs.map((_, i) => answers.slice(i * QUESTIONS, (i + 1) * QUESTIONS))
    const oldest = await oldestOf(refs, each.map(firstIds))
    return refs.map(({ name }, i) => {
      const { waiting, active } = toDepth((each[i] ?? []).slice(0, DEPTH_QUESTIONS).map(Number))
      return { name, waiting, active, oldest_ms: oldest[i] ?? null }
    })
  }
}

function questionsOf({ prefix, queue }: QueueRef): Question[] {
  const [wait, prioritized] = [`${prefix}:${queue}:wait`, `${prefix}:${queue}:prioritized`]
  return [
    ...depthQuestions(prefix, queue),
    { key: wait, words: ['lindex', wait, -1] },
    { key: prioritized, words: ['zrange', prioritized, 0, 0] },
  ]
}

function firstIds(answers: readonly unknown[]): string[] {
  const [waiting, prioritized] = answers.slice(DEPTH_QUESTIONS) as [string | null, string[]]
  return [...(waiting === null ? [] : [waiting]), ...prioritized]
}
