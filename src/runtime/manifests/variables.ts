import type { Variable } from './unit.ts'

/** Every role takes these: how much it says, and where traces of it go. */
export const COMMON: readonly Variable[] = [
  ...choices('AGENTCTL_LOG_LEVEL', 'OTEL_EXPORTER_OTLP_ENDPOINT'),
  // They hold the key of whoever collects traces.
  ...keys('OTEL_EXPORTER_OTLP_HEADERS'),
  ...choices('OTEL_RESOURCE_ATTRIBUTES', 'OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG'),
]

/** Seconds that a role has to end: it drains for 30, and then some. */
export const GRACE = 40

/** Port of /health, /ready and /metrics of a role that serves nothing else. */
export const METRICS_PORT = 9_100

/** In a container, all addresses are those of the container alone. */
export const LISTENS: readonly Variable[] = [{ name: 'AGENTCTL_HOST', value: '0.0.0.0' }]

export const SHOWS_METRICS: readonly Variable[] = [
  { name: 'AGENTCTL_METRICS_HOST', value: '0.0.0.0' },
  { name: 'AGENTCTL_METRICS_PORT', value: String(METRICS_PORT) },
]

export const REDIS: readonly Variable[] = [{ name: 'REDIS_URL', store: 'redis' }]

export const DATABASE: readonly Variable[] = [
  { name: 'DATABASE_URL', store: 'postgres' },
  { name: 'DB_PASSWORD', secret: 'db-password' },
]

export const EXECUTOR_TOKEN: Variable = { name: 'AGENTCTL_EXECUTOR_TOKEN', secret: 'executor-token' }
export const PROXY_TOKEN: Variable = { name: 'AGENTCTL_DOCKER_PROXY_TOKEN', secret: 'docker-proxy-token' }

export const CAMPAIGNS_LOGIN: readonly Variable[] = [
  ...choices('API_USERNAME'),
  { name: 'API_PASSWORD', secret: 'api-password' },
]

/** Variables that whoever installs may set. */
export function choices(...names: string[]): Variable[] {
  return names.map((name) => ({ name, choice: true }))
}

/** The same for what is nobody else's business, such as the key of a provider. */
export function keys(...names: string[]): Variable[] {
  return names.map((name) => ({ name, choice: true, key: true }))
}
