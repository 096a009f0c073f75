/** One turn of a conversation. */
export interface Turn {
  role: 'user' | 'assistant'
  content: string
}

/** What a model is asked. Everything here changes the answer; what is left out is the provider's to decide. */
export interface Prompt {
  /** The model; always resolved before a provider sees it. */
  model: string
  system?: string
  turns: readonly Turn[]
  maxTokens: number
  temperature?: number
  topP?: number
  stop?: readonly string[]
  seed?: number
}

export type FinishReason = 'stop' | 'length' | 'content_filter'

/** A whole answer. */
export interface Completion {
  text: string
  /** As the provider names it. */
  model: string
  /** Tokens of the prompt as the provider counts them, those from its own cache included. */
  inputTokens: number
  outputTokens: number
  finishReason: FinishReason
}

/**
 * A source of completions. It tries once: retries, breakers and fallbacks are the router's. Both ways end with the
 * reason of `signal` when that is aborted, and throw AgentctlErrors of the room's table for everything else.
 */
export interface Provider {
  /** In requests and settings: `openai`. */
  readonly name: string
  /** For people: `OpenAI`. */
  readonly label: string
  readonly defaultModel: string
  /** What else its answers depend on, such as the address of its server: part of the key of the cache. */
  readonly origin?: string
  /**
   * False for a model that certainly is not there. Without this any name may be meant, as at a server of one's own.
   */
  knows?(model: string): boolean
  complete(prompt: Prompt, signal: AbortSignal): Promise<Completion>
  /**
   * Yields pieces of text as they come; returns the whole at the end, with the usage as the provider reports it.
   * @throws when the stream ends without a finish reason: what was yielded is then not an answer
   */
  stream(prompt: Prompt, signal: AbortSignal): AsyncGenerator<string, Completion>
}
