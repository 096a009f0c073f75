import type { Logger } from 'pino'
import type { z } from 'zod'
import type { Tracer } from './tracer.ts'

export type { Logger }

/** What a role is given besides its own options. */
export interface RoleContext {
  log: Logger
  /** This replica's name, such as `worker-1`. */
  name: string
  /** Its number under a supervisor, from 1; undefined when it runs by itself. */
  index?: number
  /** Begins the traces of what comes in; where it is left out, those that others have begun pass through. */
  tracer?: Tracer
  /** Where it is to listen already, if a supervisor holds the port for it. */
  socket?: HeldSocket
}

/** A bound socket that this process was started with. */
export interface HeldSocket {
  /** File descriptor. */
  fd: number
  /** What it was bound to: a role that is told to listen elsewhere has no use for it. */
  host: string
}

/** How a role takes leave of those who send it requests. */
export interface Leaving {
  /** A successor listens on the same socket: nobody has to look for another address. */
  succeeded: boolean
  /** Milliseconds for which requests are still taken: until everybody who sends some knows better. */
  delay: number
  /** Milliseconds that what is under way may take after that. */
  timeout: number
  /** Aborted when there is no more time for courtesies. */
  signal: AbortSignal
}

/** A role that is up. */
export interface RunningRole {
  /** What a person or the supervisor may want to know: URLs, queues, ports. */
  facts: Readonly<Record<string, string>>
  /** What it measures of itself, in the text format of Prometheus; for a supervisor that shows it. */
  metrics?(): Promise<string>
  /**
   * Before `stop`, for a role that others send requests to: sees to it that they go elsewhere, while those that come all the
   * same are answered. Resolves when nobody has to be cut off, or when the time is up.
   */
  leave?(how: Leaving): Promise<void>
  /** Finishes the work under way and releases everything; resolves when nothing is left. */
  stop(): Promise<void>
}

/** What a worker does, whatever that is: the same for chats, events, stages and evaluations. */
export interface RunningWork {
  /** How many are under way. */
  readonly running: number
  /** Rejects while Redis cannot be reached. */
  ping(): Promise<unknown>
  /** Finishes what is under way, or gives it back. */
  stop(): Promise<void>
}

/**
 * One kind of process `agentctl` can run. The subcommand, its flags and help come from `options`;
 * `start` imports the implementation, so that describing a role costs nothing.
 */
export interface Role<S extends z.ZodObject = z.ZodObject> {
  readonly name: string
  readonly summary: string
  readonly examples: readonly string[]
  readonly options: S
  /** Serves HTTP on `port`: the supervisor gives only its first replica the well-known one. */
  readonly listens: boolean
  /** @throws AgentctlError of kind `usage` or `environment` when starting again cannot help. */
  start(options: z.output<S>, context: RoleContext): Promise<RunningRole>
}

/** Keeps the schema's type while a role is written down. */
export function defineRole<S extends z.ZodObject>(role: Role<S>): Role<S> {
  return role
}
