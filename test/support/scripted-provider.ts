import { llmError } from '../../src/runtime/llm/errors.ts'
import type { Completion, Prompt, Provider } from '../../src/runtime/llm/provider.ts'
import { type Clock, sleep } from '../../src/runtime/resilience/index.ts'

/** What becomes of one request; nothing is a good answer. */
export interface ScriptedStep {
  fails?: Parameters<typeof llmError>[0]
  retryAfter?: number
  /** Milliseconds before the answer, the failure or the first piece. */
  after?: number
  hangs?: boolean
  /** Of a stream: fails or hangs after so many pieces. */
  atPiece?: number
}

export interface ScriptedProvider extends Provider {
  prompts: Prompt[]
  /** The last step goes on for ever. */
  play(...steps: ScriptedStep[]): void
}

export const TEXT = ['one ', 'two ', 'three']

/** A provider whose requests end as a test has written, in the time of a clock. */
export function createScriptedProvider(
  name: string,
  clock: Clock,
  more: Partial<Pick<Provider, 'knows'>> = {},
): ScriptedProvider {
  const prompts: Prompt[] = []
  let script: ScriptedStep[] = []
  const take = (prompt: Prompt): ScriptedStep => {
    prompts.push(prompt)
    return (script.length > 1 ? script.shift() : script[0]) ?? {}
  }
  const answer = (model: string): Completion => ({
    text: TEXT.join(''),
    model,
    inputTokens: 3,
    outputTokens: 3,
    finishReason: 'stop',
  })

  async function happen(
    { fails, retryAfter, after = 0, hangs }: ScriptedStep,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted()
    if (hangs) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    if (after > 0) await sleep(clock, after, signal)
    if (fails) throw llmError(fails, `${name} failed`, retryAfter === undefined ? {} : { retryAfter })
  }

  return {
    name,
    label: name.toUpperCase(),
    defaultModel: `${name}-default`,
    ...more,
    prompts,
    play(...steps) {
      script = steps
    },
    async complete(prompt, signal) {
      await happen(take(prompt), signal)
      return answer(prompt.model)
    },
    async *stream(prompt, signal) {
      const step = take(prompt)
      for (const [index, piece] of TEXT.entries()) {
        if (index === (step.atPiece ?? 0)) await happen(step, signal)
        yield piece
      }
      return answer(prompt.model)
    },
  }
}
