import { z } from 'zod'

/** Characters a prompt may have, all turns together. */
export const MAX_PROMPT = 400_000

const turn = z.strictObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.string().max(MAX_PROMPT),
})

/** The body of `POST /generate`. */
export const generateBody = z
  .strictObject({
    prompt: z.string().min(1, 'must not be empty').max(MAX_PROMPT).optional(),
    messages: z.array(turn).min(1).max(1_000).optional(),
    system: z.string().max(MAX_PROMPT).optional(),
    provider: z.string().min(1).max(64).optional(),
    model: z.string().min(1).max(256).optional(),
    max_tokens: z.int().min(1).max(1_000_000).default(1_000),
    temperature: z.number().min(0).max(2).optional(),
    top_p: z.number().min(0).max(1).optional(),
    stop: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(16)]).optional(),
    seed: z.int().optional(),
    use_cache: z.boolean().default(true),
    stream: z.boolean().default(false),
    /** Milliseconds for the whole of it, retries and fallbacks included. */
    timeout_ms: z.int().min(1).max(600_000).optional(),
  })
  .refine((body) => (body.prompt === undefined) !== (body.messages === undefined), {
    message: 'give either "prompt" or "messages"',
    path: ['prompt'],
  })

export type GenerateBody = z.output<typeof generateBody>
export type GenerateRequest = z.input<typeof generateBody>

/** The answer of `POST /generate`, and the last data frame but one of its stream (there without `text`). */
export const generateAnswer = z.object({
  text: z.string(),
  model: z.string(),
  /** The provider's name for people. */
  provider: z.string(),
  token_count: z.int(),
  input_tokens: z.int(),
  output_tokens: z.int(),
  cached: z.boolean(),
  finish_reason: z.enum(['stop', 'length', 'content_filter']),
  /** Providers that were asked before and could not answer. */
  fell_back_from: z.array(z.string()).optional(),
})

export type GenerateAnswer = z.output<typeof generateAnswer>

/**
 * Data frames of a streamed answer: `{"delta":"…"}` for each piece, then `{"done":{…}}` with everything but the text, then
 * `[DONE]`. A failure after the first piece: `event: error` with a problem document, and the stream ends.
 */
export type StreamFrame = { delta: string } | { done: Omit<GenerateAnswer, 'text'> }
