import { z } from 'zod'

/** What a role's process tells its supervisor over their message channel. */
export const hostMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), facts: z.record(z.string(), z.string()) }),
  /** A sign of life, every two seconds; `rss` in bytes. */
  z.object({ type: z.literal('beat'), rss: z.number() }),
  /** The start failed; `fatal` when trying again cannot help. */
  z.object({
    type: z.literal('failed'),
    code: z.string(),
    detail: z.string(),
    fix: z.string(),
    fatal: z.boolean(),
  }),
  /** The answer to a question for metrics: null where the role makes none, or could not. */
  z.object({ type: z.literal('metrics'), id: z.number(), text: z.string().nullable() }),
])

export type HostMessage = z.output<typeof hostMessage>

/** What a supervisor asks of a role's process over the same channel. */
export const supervisorMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('metrics'), id: z.number() }),
  /** To end as after SIGTERM: another process has taken its place, and listens on the same socket. */
  z.object({ type: z.literal('succeeded') }),
])

export type SupervisorMessage = z.output<typeof supervisorMessage>

export const BEAT_INTERVAL = 2_000
