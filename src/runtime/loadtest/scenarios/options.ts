import { z } from 'zod'
import { kebab } from '../../kernel/index.ts'
import { loadtestError } from '../errors.ts'

const count = (most: number) => z.int().min(1).max(most)

export const queryOptions = z.strictObject({
  /** Texts, one after the other. */
  query: z.array(z.string().trim().min(1).max(7_900)).min(1).default(['What can this system do?']),
  /** Sends them as they are, so that caches may answer; otherwise each gets an ending of its own. */
  repeat: z.boolean().default(false),
  /** Reads the answer as it is written. */
  stream: z.boolean().default(false),
  user: z.string().min(1).max(256).optional(),
  topK: count(50).optional(),
})

/** Of a message only what the gateway asks for is checked. */
const message = z.looseObject({ role: z.string(), content: z.unknown() })

export const chatOptions = z
  .strictObject({
    feature: z
      .string()
      .min(1)
      .max(256)
      .regex(/^[^:\p{Cc}]*$/u, 'may not contain ":" or control characters')
      .default('test'),
    prompt: z.string().optional(),
    messages: z.array(message).optional(),
    /** Messages after which the client leaves, which counts as the end. */
    maxEvents: count(1_000_000).optional(),
    /** How often a client whose connection breaks goes on where it was. */
    reconnect: z.int().min(0).max(1_000).default(0),
  })
  .refine(({ prompt, messages }) => prompt === undefined || messages === undefined, {
    path: ['messages'],
    message: 'give either --prompt or --messages, not both',
  })

export const evalOptions = z.strictObject({
  code: z
    .string()
    .refine((text) => text.trim() !== '', 'must not be empty')
    .default('print("ok")'),
  language: z.string().min(1).max(64).default('python'),
})

/** Bytes of the data of an event. */
const MAX_SIZE = 1_000_000

export const eventsOptions = z
  .strictObject({
    type: z.string().min(1).max(200).default('loadtest.event'),
    /** Any JSON. */
    data: z.unknown().optional(),
    /** Bytes of data, where none are given. */
    size: z.int().min(2).max(MAX_SIZE).optional(),
    /** Waits until each event was seen by a client of the live stream. */
    consume: z.boolean().default(false),
  })
  .refine(({ data, size }) => data === undefined || size === undefined, {
    path: ['size'],
    message: 'give either --data or --size, not both',
  })

/**
 * The options of a scenario, checked and with their defaults.
 * @throws AgentctlError LOADTEST_OPTION_INVALID that names the flag
 */
export function checkOptions<S extends z.ZodType>(
  schema: S,
  options: Readonly<Record<string, unknown>>,
): z.output<S> {
  const parsed = schema.safeParse(options)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const key = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path[0]
  const flag = `--${kebab(String(key ?? ''))}`
  const why = issue?.code === 'unrecognized_keys' ? 'is no option of this scenario' : issue?.message
  throw loadtestError('LOADTEST_OPTION_INVALID', `${flag}: ${why}`, { field: String(key) })
}

/** Those of URLs are beside their scenario. */
export const schemas = {
  query: queryOptions,
  chat: chatOptions,
  eval: evalOptions,
  events: eventsOptions,
}
