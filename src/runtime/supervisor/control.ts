import { createHash } from 'node:crypto'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Range } from '../autoscale/index.ts'
import { folders } from '../kernel/index.ts'
import { callSocket, listenOnSocket, type SocketCall, streamSocket } from '../platform/http/index.ts'
import { supervisorError } from './errors.ts'
import { addFeatureRoutes } from './feature-routes.ts'
import type { ServedFeatures } from './features.ts'
import { type LogBook, type LogLine, ofTarget, pastLines } from './logs.ts'
import {
  autoscaleRequest,
  logsQuery,
  type RestartRequest,
  restartRequest,
  type ServeStatus,
  scaleRequest,
} from './messages.ts'
import { type Restarted, restartRolling, targetsOf } from './rolling.ts'
import { runningServe } from './run-file.ts'
import type { Scaling } from './scaling.ts'
import type { ReplicaMetrics, Supervisor } from './supervisor.ts'

/** Milliseconds that a replica may take to tell what it measures. */
const METRICS_WITHIN = 1_000
/** Milliseconds after which nobody waits for them any more: a serve that is stopped or overloaded answers nothing at all. */
const PATIENCE = 5 * METRICS_WITHIN

/** Path of the control socket of a state folder: short, whatever the folder's own path is. */
export async function socketPath(state: string): Promise<string> {
  const { run } = folders()
  await mkdir(run, { recursive: true, mode: 0o700 })
  await chmod(run, 0o700)
  return join(run, `${createHash('sha256').update(state).digest('hex').slice(0, 16)}.sock`)
}

export interface ControlOptions {
  path: string
  supervisor: Supervisor
  scaling: Scaling
  logs: LogBook
  features: ServedFeatures
  status(): ServeStatus
  /** Asks for the end of everything; returns at once. */
  shutDown(): void
}

/** Answers `ps`, `scale`, `restart`, `logs`, `dash` and `down` on a unix socket. */
export function startControl(options: ControlOptions) {
  const { path, supervisor, scaling, logs, features, status, shutDown } = options
  return listenOnSocket(path, (app) => {
    addFeatureRoutes(app, features)
    app.get('/status', () => status())
    app.get('/metrics', () => metricsOf(supervisor, scaling))
    app.post('/scale', { schema: { body: scaleRequest } }, async (request) => {
      await scaling.byHand(request.body.role, request.body.replicas)
      return status()
    })
    app.post('/autoscale', { schema: { body: autoscaleRequest } }, async (request) => {
      const { role, ...range } = request.body
      await scaling.between(role, range)
      return status()
    })
    app.post('/restart', { schema: { body: restartRequest } }, (request) => restart(supervisor, request.body))
    app.post('/down', (_request, reply) => {
      reply.code(202).send({ pid: process.pid })
      setImmediate(shutDown)
    })
    app.get('/logs', { schema: { querystring: logsQuery } }, (request, reply) => {
      const { lines, follow, target } = request.query
      return reply.type('application/x-ndjson').send(logStream(logs, lines, follow === 'true', target))
    })
  })
}

/** Of the replicas, and of what scales them. */
export async function metricsOf(supervisor: Supervisor, scaling: Scaling): Promise<ReplicaMetrics[]> {
  return (await Promise.all([supervisor.metrics(METRICS_WITHIN), scaling.metrics()])).flat()
}

/** One after another, or all at once. */
export async function restart(
  supervisor: Supervisor,
  { target, now = false }: RestartRequest,
): Promise<Restarted> {
  if (!now) return restartRolling(supervisor, target)
  const found = targetsOf(supervisor.snapshot(), target).map(({ name }) => name)
  const in_place = supervisor.restart(target)
  return { restarted: [], in_place, left_alone: found.filter((name) => !in_place.includes(name)) }
}

function logStream(logs: LogBook, count: number, follow: boolean, target: string | undefined): Readable {
  const wanted = ofTarget(target)
  const stream = new Readable({ read() {} })
  const push = (line: LogLine) => wanted(line) && stream.push(`${JSON.stringify(line)}\n`)
  pastLines(logs, count, target).forEach(push)
  if (!follow) stream.push(null)
  else stream.once('close', logs.follow(push))
  return stream
}

/** The other side: what commands ask of the serve that runs in a state folder. */
export interface ServeClient {
  status(): Promise<ServeStatus>
  /** What its replicas measure of themselves; takes METRICS_WITHIN at most, whatever state they are in. */
  metrics(): Promise<ReplicaMetrics[]>
  scale(role: string, replicas: number): Promise<ServeStatus>
  /** From now on the role is scaled by itself. */
  autoscale(role: string, range: Range): Promise<ServeStatus>
  /** Resolves when all are ready again; with `now`, when they were told. */
  restart(target: string, options?: { now?: boolean }): Promise<Restarted>
  down(): Promise<{ pid: number }>
  logs(options: {
    lines: number
    follow: boolean
    target?: string
    signal?: AbortSignal
  }): AsyncGenerator<LogLine>
}

/**
 * @param signal ends all that is being asked, and nothing that was begun by it
 * @throws AgentctlError SERVE_NOT_RUNNING
 */
export function connectToServe(stateDir?: string, signal?: AbortSignal): ServeClient {
  const running = runningServe(stateDir)
  if (!running) throw supervisorError('SERVE_NOT_RUNNING', `nothing runs in ${folders(stateDir).state}`)
  const { socket } = running
  const until = (...signals: (AbortSignal | undefined)[]) =>
    AbortSignal.any(signals.filter((one) => one !== undefined))
  const call = <T>({ signal: own, ...asked }: SocketCall) =>
    callSocket<T>(socket, { ...asked, signal: until(signal, own) })
  return {
    status: () => call({ method: 'GET', route: '/status' }),
    metrics: () => call({ method: 'GET', route: '/metrics', signal: AbortSignal.timeout(PATIENCE) }),
    scale: (role, replicas) => call({ method: 'POST', route: '/scale', body: { role, replicas } }),
    autoscale: (role, range) => call({ method: 'POST', route: '/autoscale', body: { role, ...range } }),
    restart: (target, { now = false } = {}) =>
      call({ method: 'POST', route: '/restart', body: { target, now } }),
    down: () => call({ method: 'POST', route: '/down' }),
    logs({ lines, follow, target, signal: own }) {
      const query = new URLSearchParams({ lines: String(lines), follow: String(follow) })
      if (target !== undefined) query.set('target', target)
      return streamSocket(socket, { method: 'GET', route: `/logs?${query}`, signal: until(signal, own) })
    },
  }
}
