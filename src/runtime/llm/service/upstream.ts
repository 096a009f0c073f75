import { inSpan } from '../../platform/tracing/index.ts'
import { llmError } from '../errors.ts'
import type { GenerateAnswer } from '../messages.ts'
import type { Completion, Prompt, Provider } from '../provider.ts'
import type { Choice, Routed, Router } from '../routing/router.ts'
import type { LlmMetrics } from './metrics.ts'

/** One question to the providers, however many requests wait for its answer. */
export interface Call {
  choice: Choice
  prompt: Prompt
  /** As `performance.now()` counts. */
  deadline: number
  /** Tells about every piece; without it the answer is asked for in one piece. */
  emit?: ((piece: string) => void) | undefined
  signal: AbortSignal
}

export interface Upstream {
  /** @throws AgentctlError LLM_OVERLOADED, or what the router throws */
  call(call: Call): Promise<GenerateAnswer>
  readonly inFlight: number
}

export interface UpstreamOptions {
  router: Router
  /** Calls at once. */
  maxInFlight: number
  metrics?: LlmMetrics | undefined
  /** Dollars; undefined where the price is not known. */
  costOf(provider: string, completion: Completion): number | undefined
}

/** Asks the providers, no more than so many times at once, and counts what that takes. */
export function createUpstream({ router, maxInFlight, metrics, costOf }: UpstreamOptions): Upstream {
  let inFlight = 0

  async function ask({ choice, prompt, deadline, emit, signal }: Call): Promise<Routed> {
    const options = { deadline, signal }
    if (emit === undefined) return router.complete(choice, prompt, options)
    const pieces = router.stream(choice, prompt, options)
    for (;;) {
      const { value, done } = await pieces.next()
      if (done) return value
      emit(value)
    }
  }

  function count({ provider, fellBackFrom, ...completion }: Routed): void {
    metrics?.usage(provider.name, completion, costOf(provider.name, completion))
    const from = fellBackFrom[0]
    if (from !== undefined) metrics?.fallback(from, provider.name)
  }

  return {
    async call(call) {
      if (inFlight >= maxInFlight)
        throw llmError('LLM_OVERLOADED', `${inFlight} questions are with the providers already`, {
          retryAfter: 1_000,
        })
      inFlight += 1
      try {
        const routed = await inSpan(...asking(call), async (span) => {
          const completed = await ask(call)
          span.set(describe(completed))
          return completed
        })
        count(routed)
        return toAnswer(routed, routed.provider, routed.fellBackFrom)
      } finally {
        inFlight -= 1
      }
    },
    get inFlight() {
      return inFlight
    },
  }
}

/** Told by the semantic conventions for generative AI. What is asked and answered is nobody's business. */
function asking({ prompt: { model } }: Call) {
  const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': model }
  return [`chat ${model}`, { kind: 'client', attributes }] as const
}

function describe({ provider, model, inputTokens, outputTokens, finishReason, fellBackFrom }: Routed) {
  return {
    'gen_ai.provider.name': provider.name,
    'gen_ai.response.model': model,
    'gen_ai.usage.input_tokens': inputTokens,
    'gen_ai.usage.output_tokens': outputTokens,
    'agentctl.finish_reason': finishReason,
    'agentctl.fell_back_from': fellBackFrom.length > 0 ? fellBackFrom.join(',') : undefined,
  }
}

function toAnswer(completion: Completion, { label }: Provider, from: readonly string[]): GenerateAnswer {
  const { text, model, inputTokens, outputTokens, finishReason } = completion
  return {
    text,
    model,
    provider: label,
    token_count: inputTokens + outputTokens,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cached: false,
    finish_reason: finishReason,
    ...(from.length > 0 ? { fell_back_from: [...from] } : {}),
  }
}
