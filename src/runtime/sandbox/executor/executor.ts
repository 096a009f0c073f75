import { availableParallelism } from 'node:os'
import {
  AgentctlError,
  type Closer,
  createCloser,
  type RoleContext,
  type RunningRole,
  withDeadline,
} from '../../kernel/index.ts'
import { createSseHub, exposureOf, startHttpServer } from '../../platform/http/index.ts'
import { createMetrics } from '../../platform/metrics/index.ts'
import { exposeTracing } from '../../platform/tracing/index.ts'
import { version } from '../../version.ts'
import { sandboxError } from '../errors.ts'
import type { ExecutorOptions } from '../options.ts'
import type { Sandbox } from '../sandbox.ts'
import { openSandbox } from '../sandboxes.ts'
import { createRunMetrics } from './metrics.ts'
import { addExecutorRoutes } from './routes.ts'
import { createRuns } from './runs.ts'
import { createDoor } from './token.ts'

/** Milliseconds between two comments: workers take an executor for dead that says nothing. */
const HEARTBEAT = 1_000
/** Milliseconds a worker may take to read what fills its buffers. */
const STALL = 15_000

/**
 * Starts an executor. It has neither Redis nor a database, and of all secrets only the one it shares with workers.
 * @throws AgentctlError EXECUTOR_TOKEN_MISSING, SANDBOX_MISSING, HTTP_PORT_IN_USE, HTTP_ADDRESS_INVALID
 */
export async function startExecutor(options: ExecutorOptions, context: RoleContext): Promise<RunningRole> {
  const closer = createCloser()
  try {
    return await open(options, context, closer)
  } catch (error) {
    await closer.close()
    throw error
  }
}

async function open(
  options: ExecutorOptions,
  { log, name, socket, tracer }: RoleContext,
  closer: Closer,
): Promise<RunningRole> {
  const { executorToken, concurrency = availableParallelism(), maxWaiting, drainTimeout } = options
  if (executorToken === undefined) {
    throw sandboxError('EXECUTOR_TOKEN_MISSING', 'nothing would keep programs from those of strangers', {
      field: 'executorToken',
    })
  }
  const { sandbox, probe, why } = await openSandbox({ ...options, owner: name, log })
  closer.add(sandbox, (opened) => opened.close())
  const { kind: backend, isolation } = sandbox
  const languages = probe.languages.join(',')
  if (why === undefined) log.info({ backend, isolation, languages }, 'sandbox found')
  else log.warn({ backend, isolation, languages, why }, 'programs run in a weaker sandbox than containers')
  const left = await sandbox.reap()
  if (left > 0) log.warn({ programs: left }, 'ended what an earlier executor has left behind')

  const metrics = createMetrics('executor')
  exposeTracing(metrics, tracer)
  const runMetrics = createRunMetrics(metrics, backend)
  const runs = createRuns({
    sandbox,
    languages: probe.languages,
    concurrency,
    maxWaiting,
    metrics: runMetrics,
    log,
  })
  runMetrics.show(runs)
  const hub = createSseHub({ heartbeat: HEARTBEAT, stallTimeout: STALL })
  closer.add(hub, (opened) => opened.close())
  const { host, port, bodyLimit } = options
  const server = await startHttpServer(
    {
      title: 'agentctl executor',
      description: 'Runs programs that nobody trusts, each in a sandbox of its own.',
      version,
      host,
      port,
      socket,
      bodyLimit,
      tls: exposureOf(options).tls,
      // Who has the token is no page in a browser.
      allowedHosts: options.allowedHosts.length > 0 ? options.allowedHosts : 'any',
      checks: { sandbox: () => check(sandbox) },
      translate: (error) => (error instanceof AgentctlError ? error : undefined),
      metrics,
      tracer,
      log,
    },
    (app) =>
      addExecutorRoutes(app, {
        sandbox,
        probe,
        why,
        concurrency,
        runs,
        hub,
        door: createDoor(executorToken),
      }),
  )
  closer.add(server, () => server.close())
  closer.add(runs, () => withDeadline(runs.drain(), drainTimeout, 'running programs to their end'))
  return {
    facts: {
      url: server.url,
      backend,
      isolation,
      languages,
      ...(why === undefined ? {} : { why }),
      concurrency: String(concurrency),
    },
    metrics: () => metrics.text(),
    leave: server.leave,
    stop: () => closer.close(),
  }
}

async function check(sandbox: Sandbox): Promise<void> {
  const { ok, why = 'it does not work' } = await sandbox.probe()
  if (!ok) throw new Error(why)
}
