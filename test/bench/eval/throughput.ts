import type { Language } from '../../../src/runtime/sandbox/index.ts'
import { now } from '../support/clock.ts'
import { HELLO } from './programs.ts'

/** Evaluations a second, from submission to their end, with so many under way. */
export async function measureThroughput(
  gateway: string,
  language: Language,
  concurrency: number,
  seconds: number,
): Promise<number> {
  const began = now()
  const until = began + seconds * 1_000
  let ended = 0
  const work = async () => {
    while (now() < until) {
      await evaluate(gateway, language)
      ended += 1
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return (ended * 1_000) / (now() - began)
}

async function evaluate(gateway: string, language: Language): Promise<void> {
  const submitted = await fetch(`${gateway}/api/eval`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: HELLO[language], language }),
  })
  const { status_url: path } = (await submitted.json()) as { status_url: string }
  const answer = (await (await fetch(`${gateway}${path}?wait=60000`)).json()) as { status: string }
  if (answer.status !== 'completed')
    throw new Error(`an evaluation ended otherwise: ${JSON.stringify(answer)}`)
}
