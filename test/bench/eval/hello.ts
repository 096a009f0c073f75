import { createExecutorClient } from '../../../src/runtime/evaluation/worker/executor-client.ts'
import { type Language, limits } from '../../../src/runtime/sandbox/index.ts'
import { now } from '../support/clock.ts'
import { HELLO } from './programs.ts'
import { TOKEN } from './system.ts'

export type Start = 'warm' | 'cold'

/** Limits that no sandbox has prepared anything for. */
const COLD = { wall_ms: 9_999, memory_mb: 129 }

/**
 * Milliseconds from asking an executor until the outcome is there, for programs one after the other.
 * @param pause milliseconds between two, in which a sandbox may prepare the next
 */
export async function timeHello(
  executor: string,
  language: Language,
  { start, runs, pause }: { start: Start; runs: number; pause: number },
): Promise<number[]> {
  const client = createExecutorClient({ token: TOKEN })
  const times: number[] = []
  try {
    for (let i = 0; i < runs; i++) {
      const began = now()
      const task = {
        ...{ eval_id: `bench-${process.pid}-${language}-${start}-${i}`, attempt: 1 },
        ...{ language, code: HELLO[language], stdin: '', args: [] },
        limits: limits.parse(start === 'cold' ? COLD : {}),
      }
      const outcome = await client.run(executor, task, { signal: new AbortController().signal })
      if (outcome.stdout !== 'Hello\n') throw new Error(`${language} wrote ${JSON.stringify(outcome)}`)
      times.push(now() - began)
      await new Promise((next) => setTimeout(next, pause))
    }
  } finally {
    await client.close()
  }
  return times
}
