import type { Anthropic } from '@anthropic-ai/sdk'
import type {
  Message,
  MessageCreateParamsNonStreaming,
  MessageStreamEvent,
} from '@anthropic-ai/sdk/resources/messages'
import { llmError } from '../errors.ts'
import type { Completion, FinishReason, Prompt, Provider } from '../provider.ts'
import type { ProviderKind, ProviderTools } from './kind.ts'
import { toLlmError } from './provider-errors.ts'
import { isCount } from './tokens.ts'

const LABEL = 'Anthropic'
const OFFICIAL = 'https://api.anthropic.com'
/** The deadline of a request is its signal. Given at all, it also keeps the SDK from refusing long answers in one piece. */
const NEVER = 3_600_000

export const anthropic: ProviderKind = {
  name: 'anthropic',
  label: LABEL,
  needs: 'ANTHROPIC_API_KEY',
  make({ anthropicApiKey: key, anthropicUrl, anthropicModel: defaultModel }, tools) {
    if (key === undefined) return undefined
    return createAnthropic({ ...tools, key, url: anthropicUrl ?? OFFICIAL, defaultModel })
  },
}

export interface AnthropicOptions extends ProviderTools {
  key: string
  /** Without `/v1`. */
  url: string
  defaultModel: string
}

/** What the messages API does not take: from its version 2026-10-21 on, which the SDK speaks, it refuses the first two. */
const UNKNOWN = ['temperature', 'topP', 'seed'] as const

/** The messages API. Temperature, top_p and seed are left out: an answer without them is better than none. */
export function createAnthropic({ key, url, defaultModel, log, fetch }: AnthropicOptions): Provider {
  let loading: Promise<Anthropic> | undefined

  async function load(): Promise<Anthropic> {
    const sdk = await import('@anthropic-ai/sdk')
    return new sdk.Anthropic({
      apiKey: key,
      baseURL: url,
      maxRetries: 0,
      timeout: NEVER,
      logLevel: 'off',
      fetch: await fetch(),
    })
  }

  async function open(prompt: Prompt, signal: AbortSignal): Promise<Anthropic> {
    signal.throwIfAborted()
    const unknown = UNKNOWN.filter((name) => prompt[name] !== undefined)
    if (unknown.length > 0)
      log.debug({ unknown }, 'Anthropic does not take these parameters, they are left out')
    loading ??= load()
    return loading
  }

  const failed = (error: unknown, { model }: Prompt, signal: AbortSignal) =>
    toLlmError(error, { label: LABEL, model, signal, key })
  const broken = (what: string) => llmError('LLM_UPSTREAM_FAILED', `${LABEL}: ${what}`)

  return {
    name: anthropic.name,
    label: LABEL,
    defaultModel,
    origin: url,
    ...(url === OFFICIAL ? { knows: (model: string) => /^claude-/i.test(model) } : {}),
    async complete(prompt, signal) {
      try {
        const sdk = await open(prompt, signal)
        const message: Message = await sdk.messages.create(bodyOf(prompt), { signal })
        signal.throwIfAborted()
        if (!Array.isArray(message?.content)) throw broken('the answer is no message')
        return completionOf(prompt, { ...message, text: textOf(message) })
      } catch (error) {
        throw failed(error, prompt, signal)
      }
    },
    async *stream(prompt, signal) {
      try {
        const sdk = await open(prompt, signal)
        const events = await sdk.messages.create({ ...bodyOf(prompt), stream: true }, { signal })
        const parts: Parts = { text: '', usage: {} }
        let ended = false
        for await (const event of events) {
          const piece = take(parts, event)
          if (piece !== '') yield piece
          ended ||= event.type === 'message_stop'
        }
        // The SDK ends an aborted stream as if it were complete.
        signal.throwIfAborted()
        if (!ended || !parts.stop_reason) throw broken('the stream ended before the answer was complete')
        return completionOf(prompt, parts)
      } catch (error) {
        throw failed(error, prompt, signal)
      }
    },
  }
}

function bodyOf({ model, system, turns, maxTokens, stop }: Prompt): MessageCreateParamsNonStreaming {
  return {
    model,
    max_tokens: maxTokens,
    messages: turns.map(({ role, content }) => ({ role, content })),
    ...(system === undefined ? {} : { system }),
    ...(stop === undefined ? {} : { stop_sequences: [...stop] }),
  }
}

interface Usage {
  input_tokens?: number | null
  output_tokens?: number | null
  cache_creation_input_tokens?: number | null
  cache_read_input_tokens?: number | null
}

interface Parts {
  text: string
  model?: string
  usage: Usage
  stop_reason?: string | null
}

function take(parts: Parts, event: MessageStreamEvent): string {
  if (event.type === 'message_start') {
    parts.model = event.message.model
    parts.usage = { ...event.message.usage }
  } else if (event.type === 'message_delta') {
    parts.stop_reason = event.delta.stop_reason
    // Running totals; what is not repeated stays as it was at the start.
    for (const [name, count] of Object.entries(event.usage ?? {})) {
      if (typeof count === 'number') parts.usage[name as keyof Usage] = count
    }
  } else if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
    parts.text += event.delta.text
    return event.delta.text
  }
  return ''
}

function textOf({ content }: Message): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('')
}

/** Tokens read from and written to Anthropic's own cache are counted beside `input_tokens`, not within. */
function completionOf(prompt: Prompt, { text, model, usage, stop_reason }: Parts): Completion {
  const { input_tokens, cache_creation_input_tokens: written, cache_read_input_tokens: read } = usage ?? {}
  const sum = (...counts: unknown[]) => counts.filter(isCount).reduce((total, count) => total + count, 0)
  return {
    text,
    model: model || prompt.model,
    inputTokens: sum(input_tokens, written, read),
    outputTokens: sum(usage?.output_tokens),
    finishReason: finishOf(stop_reason),
  }
}

function finishOf(reason: string | null | undefined): FinishReason {
  if (reason === 'max_tokens' || reason === 'model_context_window_exceeded') return 'length'
  return reason === 'refusal' ? 'content_filter' : 'stop'
}
