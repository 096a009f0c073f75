import { z } from 'zod'

/** A feature or chat id: part of a Redis key, so no colon and no control characters. */
const id = (what: string) =>
  z
    .string({ error: `${what} is required` })
    .min(1, `${what} must not be empty`)
    .max(256, `${what} may have at most 256 characters`)
    .regex(/^[^:\p{Cc}\p{Cs}\u2028\u2029]*$/u, `${what} may not contain ":" or control characters`)

export const chatQuery = z.strictObject({ feature_id: id('feature_id'), chat_id: id('chat_id') })

export const streamQuery = chatQuery.extend({ last_event_id: z.string().optional() })

/** What the chat is about. Given to the handler as it came. */
export const chatBody = z
  .strictObject({
    prompt: z.string().optional(),
    messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })).optional(),
  })
  .refine((body) => body.prompt === undefined || body.messages === undefined, {
    message: 'give either "prompt" or "messages", not both',
    path: ['prompt'],
  })

export type ChatBody = z.output<typeof chatBody>

/** What a run answers: the body of a request, or what a feature with a backend of its own has made of one. */
export interface RunInput extends ChatBody {
  query?: object
}

export interface Chat {
  feature: string
  chat: string
}

/** The value of a message entry's `data` field, and of a data frame. */
export interface ChatMessage {
  /** Counts from "0". */
  id: string
  feature_id: string
  chat_id: string
  message: string | object
  /** ISO 8601, UTC. */
  timestamp: string
  container_id: string
  container_feature_id: string
  worker: 'bullmq'
}

/** What a chat job carries. */
export interface ChatJob {
  feature_id: string
  chat_id: string
  run: string
  input: RunInput
}
