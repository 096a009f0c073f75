import type OpenAI from 'openai'
import type { ChatCompletionChunk, ChatCompletionCreateParams } from 'openai/resources/chat/completions'
import type { CompletionUsage } from 'openai/resources/completions'
import { llmError } from '../errors.ts'
import type { Completion, FinishReason, Prompt, Provider } from '../provider.ts'
import type { ProviderTools } from './kind.ts'
import { toLlmError } from './provider-errors.ts'
import { createRefusedParameters } from './refused-parameters.ts'
import { countPromptTokens, countTokens, isCount } from './tokens.ts'

export interface OpenAiCompatibleOptions extends ProviderTools {
  name: string
  label: string
  defaultModel: string
  /** With `/v1`. */
  url: string
  key?: string | undefined
  /** OpenAI's own servers: newer models there refuse `max_tokens`, which is all that many others know. */
  official: boolean
}

/** The deadline of a request is its signal; the SDK's own must not come first. */
const NEVER = 3_600_000

/**
 * Chat completions: what OpenAI and every server that is compatible with it offer (its newer responses API is not).
 * Usage is what the server reports; where it reports none, an estimate of four characters a token.
 */
export function createOpenAiCompatible(options: OpenAiCompatibleOptions): Provider {
  const { name, label, defaultModel, url, key, official, log, fetch } = options
  const refused = createRefusedParameters(label, log)
  let loading: Promise<OpenAI> | undefined

  async function load(): Promise<OpenAI> {
    const { OpenAI } = await import('openai')
    return new OpenAI({
      baseURL: url,
      apiKey: key ?? 'none',
      // Neither the environment's organisation nor its key goes to somebody else's server.
      ...(official ? {} : { organization: null, project: null }),
      maxRetries: 0,
      timeout: NEVER,
      logLevel: 'off',
      fetch: await fetch(),
    })
  }

  /** Sends it, again without what the model turns out not to take. */
  async function send<T>(
    prompt: Prompt,
    signal: AbortSignal,
    create: (sdk: OpenAI, body: Body) => PromiseLike<T>,
  ) {
    signal.throwIfAborted()
    loading ??= load()
    const sdk = await loading
    for (;;) {
      const body = refused.fit(prompt.model, bodyOf(prompt, official))
      try {
        return await create(sdk, body)
      } catch (error) {
        if (!refused.learn(prompt.model, body, error)) throw error
      }
    }
  }

  const failed = (error: unknown, { model }: Prompt, signal: AbortSignal) =>
    toLlmError(error, { label, model, signal, key })
  const broken = (what: string) => llmError('LLM_UPSTREAM_FAILED', `${label}: ${what}`)

  return {
    name,
    label,
    defaultModel,
    origin: url,
    ...(official ? { knows: (model: string) => !/^claude-/i.test(model) } : {}),
    async complete(prompt, signal) {
      try {
        const answer = await send(prompt, signal, (sdk, body) =>
          sdk.chat.completions.create({ ...body, stream: false }, { signal }),
        )
        signal.throwIfAborted()
        const choice = answer?.choices?.[0]
        if (!choice?.message) throw broken('the answer is no chat completion')
        const text = choice.message.content || choice.message.refusal || ''
        const reason = choice.message.refusal ? 'content_filter' : choice.finish_reason
        return completionOf(prompt, { text, reason, model: answer.model, usage: answer.usage })
      } catch (error) {
        throw failed(error, prompt, signal)
      }
    },
    async *stream(prompt, signal) {
      try {
        const chunks: AsyncIterable<ChatCompletionChunk> = await send(prompt, signal, (sdk, body) =>
          sdk.chat.completions.create(
            { ...body, stream: true, stream_options: { include_usage: true } },
            { signal },
          ),
        )
        const parts: Parts = { text: '', reason: undefined, model: undefined, usage: undefined }
        for await (const chunk of chunks) {
          const piece = take(parts, chunk)
          if (piece !== '') yield piece
        }
        // The SDK ends an aborted stream as if it were complete.
        signal.throwIfAborted()
        if (parts.reason === undefined) throw broken('the stream ended before the answer was complete')
        return completionOf(prompt, parts)
      } catch (error) {
        throw failed(error, prompt, signal)
      }
    },
  }
}

type Body = Omit<ChatCompletionCreateParams, 'stream' | 'stream_options'>

function bodyOf(
  { model, system, turns, maxTokens, temperature, topP, stop, seed }: Prompt,
  official: boolean,
): Body {
  return {
    model,
    messages: [...(system === undefined ? [] : [{ role: 'system' as const, content: system }]), ...turns],
    ...(official ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(stop === undefined ? {} : { stop: [...stop] }),
    ...(seed === undefined ? {} : { seed }),
  }
}

interface Parts {
  text: string
  reason: string | undefined
  model: string | undefined
  usage: CompletionUsage | null | undefined
}

function take(parts: Parts, { choices, usage, model }: ChatCompletionChunk): string {
  const choice = choices?.[0]
  const piece = choice?.delta?.content || choice?.delta?.refusal || ''
  parts.text += piece
  if (choice?.delta?.refusal) parts.reason = 'content_filter'
  else if (choice?.finish_reason) parts.reason ??= choice.finish_reason
  if (model) parts.model = model
  if (usage) parts.usage = usage
  return piece
}

function completionOf(prompt: Prompt, { text, reason, model, usage }: Parts): Completion {
  const { prompt_tokens: asked, completion_tokens: said } = usage ?? {}
  return {
    text,
    model: model || prompt.model,
    inputTokens: isCount(asked) ? asked : countPromptTokens(prompt),
    outputTokens: isCount(said) ? said : countTokens(text),
    finishReason: finishOf(reason),
  }
}

function finishOf(reason: string | undefined): FinishReason {
  return reason === 'length' || reason === 'content_filter' ? reason : 'stop'
}
