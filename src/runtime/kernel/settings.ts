import { z } from 'zod'
import { duration } from './duration.ts'

declare module 'zod' {
  interface GlobalMeta {
    /** Environment variables that set this, the first one found wins. */
    env?: readonly string[]
    /** What stands for the value in help texts, such as MS or URL. */
    placeholder?: string
    /** Printed masked. */
    secret?: boolean
    /** One-letter flag. */
    char?: string
  }
}

const whole = () => z.coerce.number().int()
const portNumber = () => whole().min(0).max(65_535)

/** Host and port of a role that serves HTTP. `port` is the role's well-known one. */
export const httpSettings = (port: number) => ({
  host: z
    .string()
    .default('127.0.0.1')
    .meta({ description: 'Address to listen on', env: ['AGENTCTL_HOST'], placeholder: 'ADDRESS' }),
  port: portNumber()
    .default(port)
    .meta({ description: 'Port to listen on, 0 for any free one', env: ['AGENTCTL_PORT', 'PORT'] }),
})

const file = (description: string, env: string) =>
  z
    .string()
    .min(1)
    .optional()
    .meta({ description, env: [env], placeholder: 'FILE' })

/** What a role that others reach over a network can take on top. */
export const exposureSettings = {
  tlsCert: file('Certificate to serve HTTPS with, in PEM, its chain after it', 'AGENTCTL_TLS_CERT'),
  tlsKey: file('Private key of that certificate, in PEM', 'AGENTCTL_TLS_KEY'),
  tlsCa: file('Demand a certificate of this authority from clients, in PEM', 'AGENTCTL_TLS_CA'),
  allowedHosts: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
    )
    .meta({
      description:
        'Names under which it may be asked, comma-separated, * for any (default: addresses and localhost)',
      env: ['AGENTCTL_ALLOWED_HOSTS'],
      placeholder: 'NAMES',
    }),
}

/** How to reach Redis. With nothing set, a running `agentctl serve` of this project is used, else 127.0.0.1:6379. */
export const redisSettings = {
  redisUrl: z
    .string()
    .optional()
    .meta({
      description: 'Redis to use: redis://, rediss://, redis+sentinel:// or redis+cluster://',
      env: ['AGENTCTL_REDIS_URL', 'REDIS_URL'],
      placeholder: 'URL',
      secret: true,
    }),
  redisHost: z
    .string()
    .optional()
    .meta({ description: 'Redis host, when no URL is given', env: ['REDIS_HOST'], placeholder: 'HOST' }),
  // Kubernetes sets REDIS_PORT=tcp://ADDRESS:PORT beside a Service named redis: that is not meant for us.
  redisPort: z
    .preprocess((value) => (String(value).startsWith('tcp://') ? undefined : value), portNumber().optional())
    .meta({ description: 'Redis port, when no URL is given', env: ['REDIS_PORT'] }),
}

/** What a failover of Redis may cost. */
export const confirmSettings = {
  confirmReplicas: z.coerce
    .number()
    .int()
    .min(0)
    .max(100)
    .default(0)
    .meta({
      description:
        'Replicas of Redis that must have what is accepted, or has ended, before anybody is told (WAIT)',
      env: ['AGENTCTL_CONFIRM_REPLICAS'],
    }),
}

/** How to reach PostgreSQL. With nothing set, that of a running `agentctl serve` of this project is used. */
export const databaseSettings = {
  databaseUrl: z
    .string()
    .optional()
    .meta({
      description: 'PostgreSQL to use: postgres://USER:PASSWORD@HOST:PORT/DATABASE',
      env: ['AGENTCTL_DATABASE_URL', 'DATABASE_URL'],
      placeholder: 'URL',
      secret: true,
    }),
  dbPassword: z
    .string()
    .optional()
    .meta({
      description: 'Password for a database URL that has none',
      env: ['DB_PASSWORD'],
      placeholder: 'PASSWORD',
      secret: true,
    }),
}

export const logSettings = {
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .meta({ description: 'Least severe messages to log', env: ['AGENTCTL_LOG_LEVEL', 'LOG_LEVEL'] }),
}

export const stateSettings = {
  stateDir: z
    .string()
    .optional()
    .meta({
      description: 'Folder for data and run files (default: .agentctl in the project)',
      env: ['AGENTCTL_STATE_DIR'],
      placeholder: 'DIR',
    }),
}

/**
 * For commands that look at or act on a system that may be elsewhere. Roles and `serve` do not have it, so that no context
 * can send them to another system than the one they are started for.
 */
export const contextSettings = {
  context: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'Context to use: see `agentctl context ls`, or "local" for what runs here',
      env: ['AGENTCTL_CONTEXT'],
      placeholder: 'NAME',
    }),
}

/** What every long-running role takes. */
export const roleSettings = {
  drainTimeout: duration()
    .prefault('30s')
    .meta({
      description: 'How long work under way may take to finish on shutdown',
      env: ['AGENTCTL_DRAIN_TIMEOUT'],
    }),
  drainDelay: duration()
    .prefault('0s')
    .meta({
      description: 'How long requests are still taken on shutdown, while /ready says 503',
      env: ['AGENTCTL_DRAIN_DELAY'],
    }),
  ...logSettings,
}

export const metricsSettings = {
  metricsPort: portNumber()
    .optional()
    .meta({
      description: 'Serve /health, /ready and /metrics on this port, 0 for any free one',
      env: ['AGENTCTL_METRICS_PORT'],
    }),
  metricsHost: z
    .string()
    .default('127.0.0.1')
    .meta({
      description: 'Address to serve these on, such as 0.0.0.0 in a container',
      env: ['AGENTCTL_METRICS_HOST'],
      placeholder: 'ADDRESS',
    }),
}

/** Life and work of a chat, for gateway and worker. */
export const chatSettings = {
  streamTtl: duration('5s')
    .prefault('60s')
    .meta({ description: 'How long a chat stream lives after its last write', env: ['AGENTCTL_STREAM_TTL'] }),
  jobTimeout: duration('10ms')
    .prefault('60s')
    .meta({ description: 'Longest time one chat job may take', env: ['AGENTCTL_JOB_TIMEOUT'] }),
}

export const clientSettings = {
  gatewayUrl: z
    .string()
    .default('http://127.0.0.1:8000')
    .meta({ description: 'Gateway to talk to', env: ['AGENTCTL_GATEWAY_URL'], placeholder: 'URL' }),
  apiKey: z
    .string()
    .min(1)
    .regex(/^[\x21-\x7e]+$/, 'has characters that no key has')
    .optional()
    .meta({
      description: 'Key to show to it; where others can see command lines, use the variable',
      env: ['AGENTCTL_API_KEY'],
      placeholder: 'KEY',
      secret: true,
    }),
}
