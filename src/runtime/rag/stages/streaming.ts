import type { ChatContext, ChatHandler } from '../../chat/index.ts'
import { AgentctlError } from '../../kernel/index.ts'
import type { BatchJob } from '../../platform/queue/index.ts'
import type { GeneratorJob } from '../jobs.ts'
import type { QueryAnswer, StreamMessage } from '../messages.ts'
import { answerOf, requestOf } from './answer.ts'
import type { Generating, StageTools } from './tools.ts'

/** How often an answer is begun in one attempt of its job: a replica may die in the middle of it. */
const BEGINNINGS = 3

/** Streams answers into chats; the completion is written too, for whoever asks for it later. */
export function openStreaming({ chats, completions, worker }: StageTools, llm: Generating) {
  return async function stream(job: BatchJob<GeneratorJob>): Promise<undefined> {
    const { data, attempt, last, signal } = job
    const { chat: id = job.id, run = job.id, body, accepted_at, deadline } = data
    const input = { query: { body, accepted_at, deadline } }
    await (await chats()).answer({ id: job.id, chat: id, run, input, attempt, last, signal }, handler)

    async function* begin(context: ChatContext, text: string[]): AsyncGenerator<StreamMessage> {
      const began = performance.now()
      yield { type: 'sources', contexts: data.contexts }
      const pieces = llm.stream(requestOf(data), { signal: context.signal, deadline: data.deadline })
      const generated = yield* forward(pieces, text)
      const took = performance.now() - began
      const whole = answerOf(id, data, { ...generated, text: text.join('') }, { worker, took })
      const { answer: _answer, contexts: _contexts, ...rest } = whole
      yield { type: 'result', ...rest }
      await completions.write(data.gateway, id, whole)
    }

    async function* produce(context: ChatContext): AsyncGenerator<StreamMessage> {
      if (context.written > 0) {
        const earlier = (await context.resume()) as StreamMessage[]
        const result = earlier.at(-1)
        if (result?.type === 'result')
          return completions.write(data.gateway, id, wholeOf(earlier, result, data))
        yield { type: 'restart' }
      }
      for (let beginnings = 1; ; beginnings++) {
        const text: string[] = []
        try {
          return yield* begin(context, text)
        } catch (error) {
          context.signal.throwIfAborted()
          // Before the first piece other replicas have been asked already.
          if (text.length === 0 || beginnings === BEGINNINGS || !isPassing(error)) throw error
          context.log.warn({ reason: error.message }, 'the answer broke off: beginning it again')
          yield { type: 'restart' }
        }
      }
    }

    function handler(_input: Parameters<ChatHandler>[0], context: ChatContext) {
      return produce(context)
    }
  }
}

function isPassing(error: unknown): error is AgentctlError {
  return error instanceof AgentctlError && error.retryable
}

async function* forward<T>(
  pieces: AsyncGenerator<string, T>,
  text: string[],
): AsyncGenerator<StreamMessage, T> {
  try {
    for (;;) {
      const step = await pieces.next()
      if (step.done) return step.value
      text.push(step.value)
      yield { type: 'token', text: step.value }
    }
  } finally {
    // Reached early when nobody wants the rest: the replica is told so.
    await pieces.return(undefined as T).catch(() => {})
  }
}

type Result = StreamMessage & { type: 'result' }

/** The answer of an earlier attempt that only lacks its end. */
function wholeOf(parts: readonly StreamMessage[], result: Result, { contexts }: GeneratorJob): QueryAnswer {
  const { type: _, ...rest } = result
  const from = parts.findLastIndex(({ type }) => type === 'restart') + 1
  const answer = parts.slice(from).map((part) => (part.type === 'token' ? part.text : ''))
  return { ...rest, answer: answer.join(''), contexts }
}
