import { hostMessage, type SupervisorMessage } from '../host/index.ts'
import { type Logger, maskUrl } from '../kernel/index.ts'
import { INHERITED_FD, spawnChild } from '../platform/process/index.ts'
import { type RedisProgram, startEmbeddedRedis } from '../platform/redis/index.ts'
import type { EmbeddedPostgresOptions } from '../platform/sql/index.ts'
import type { LogBook } from './logs.ts'
import { createQuestions } from './questions.ts'
import type { Launch } from './replica.ts'
import type { SharedPort } from './shared-ports.ts'

export interface RoleLaunchOptions {
  /** The entry script of this program. */
  bin: string
  role: string
  name: string
  args: readonly string[]
  /** Undefined takes a variable of this process away. */
  env: Record<string, string | undefined>
  logs: LogBook
  /** Where it is to listen, on a port that is held for it as long as one of its processes runs. */
  port?: SharedPort | undefined
}

/** Many processes share one machine here: each takes about 35 MB less, and up to a third longer where it is the bottleneck. */
const NODE_FLAGS = ['--optimize-for-size']

/** Starts a role as a child process: this same program with the role's subcommand. */
export function launchRole({ bin, role, name, args, env, logs, port }: RoleLaunchOptions): Launch {
  return async ({ onReady, onBeat, onFatal }) => {
    const tell = (message: SupervisorMessage) => child.send(message)
    const questions = createQuestions((id) => tell({ type: 'metrics', id }))
    const child = spawnChild({
      file: process.execPath,
      args: [...NODE_FLAGS, bin, role, ...args],
      env: { ...env, AGENTCTL_REPLICA: name, AGENTCTL_SOCKET: port && `${INHERITED_FD}@${port.host}` },
      fd: port?.fd,
      onLine: (line) => logs.write(name, line),
      onMessage(raw) {
        const { data: message } = hostMessage.safeParse(raw)
        if (message?.type === 'ready') onReady(message.facts)
        else if (message?.type === 'beat') onBeat(message.rss)
        else if (message?.type === 'failed' && message.fatal) onFatal(message)
        else if (message?.type === 'metrics') questions.answer(message.id, message.text)
      },
    })
    if (port) void child.exited.then(port.release)
    return { ...child, succeed: () => tell({ type: 'succeeded' }), metrics: questions.ask }
  }
}

export interface RedisLaunchOptions {
  program: RedisProgram
  dir: string
  port: number
  ephemeral: boolean
  log: Logger
}

/** Starts the embedded Redis; ready when it has loaded its data. */
export function launchRedis(options: RedisLaunchOptions): Launch {
  return async ({ onReady }) => {
    const { url, process: server } = await startEmbeddedRedis(options)
    queueMicrotask(() => onReady({ url }))
    return {
      pid: server.pid,
      exited: server.exited.then((code) => ({ code, signal: null })),
      terminate: () => server.release(),
      kill: () => server.kill(),
    }
  }
}

/** Starts the embedded PostgreSQL; ready when it answers. */
export function launchPostgres(options: EmbeddedPostgresOptions): Launch {
  return async ({ onReady }) => {
    const { startEmbeddedPostgres } = await import('../platform/sql/index.ts')
    const { url, process: server } = await startEmbeddedPostgres(options)
    queueMicrotask(() => onReady({ url: maskUrl(url) }))
    return {
      pid: server.pid,
      exited: server.exited.then((code) => ({ code, signal: null })),
      terminate: () => server.release(),
      kill: () => server.kill(),
    }
  }
}
