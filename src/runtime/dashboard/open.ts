import { createCloser, folders, type Logger } from '../kernel/index.ts'
import { bearerHeaders, createJsonClient } from '../platform/http-client/index.ts'
import type { Probe } from '../platform/probe/index.ts'
import { connectToServe, type ServeClient } from '../supervisor/index.ts'
import type { Snapshot } from './snapshot.ts'
import { createActions } from './source/actions.ts'
import { assemble } from './source/assemble.ts'
import { createDetails } from './source/details.ts'
import { openLogs } from './source/log-source.ts'
import { startLoop } from './source/loop.ts'
import { createMeasurements } from './source/measurements.ts'
import { offersFor } from './source/offers.ts'
import { createServeLink } from './source/serve-link.ts'
import { subscribers } from './source/subscribers.ts'
import { unknownOf, whyNoLogs } from './source/unknown.ts'
import { openWatch } from './source/watch.ts'
import type { DashboardSource } from './source.ts'

export interface DashboardOptions {
  redisUrl: string
  /** Asked while Redis is away: the serve that runs here may have another one by now. */
  findRedis?(): string
  /** Name of the context in use, if one is. */
  context: string | null
  /** Folder of the serve to ask; the project's when left out. */
  stateDir?: string
  /** Gateway whose metrics are asked for where no serve runs. */
  gatewayUrl?: string
  /** Shown to that gateway, and to nobody else. */
  apiKey?: string | undefined
  probes: readonly Probe[]
  readOnly: boolean
  /** Milliseconds between two samples. */
  interval: number
  /** The serve that this process runs: it is then asked directly, and never looked for. */
  attachedTo?: ServeClient
  /** Each snapshot waits for all that is asked, and logs are left out: for those who want data, not a screen. */
  thorough?: boolean
  log: Logger
  /** Milliseconds since 1970, for what is shown as a time. */
  now?: () => number
  /** Milliseconds of a clock that is never set. */
  monotonic?: () => number
}

/** Milliseconds between two looks at what replicas measure: each makes them write all of it down. */
const METRICS_EVERY = 5_000
/** Milliseconds that a service may take to tell it. */
const METRICS_WITHIN = 1_000

/**
 * Begins to look at a system: the first snapshot comes to the subscribers, also when Redis cannot be reached. Nothing is
 * changed but by `run()`.
 * @throws AgentctlError REDIS_URL_INVALID
 */
export async function openDashboard(options: DashboardOptions): Promise<DashboardSource> {
  const { probes, readOnly, interval, attachedTo, thorough = false, log } = options
  const { now = Date.now, monotonic = () => performance.now() } = options
  const { state } = folders(options.stateDir)
  const closer = createCloser()
  const closing = new AbortController()
  const listeners = subscribers()
  let snapshot: Snapshot | undefined

  const { redisUrl, findRedis } = options
  const watch = openWatch({ redisUrl, findRedis, onSilence: publish, probes, log, now, monotonic })
  closer.add(watch, (opened) => opened.close())
  closer.add(undefined, () => measurements.settled())
  const http = closer.add(createJsonClient(), (client) => client.close())
  const link = createServeLink({
    find: () => attachedTo ?? connectToServe(options.stateDir, closing.signal),
    redisUrl: watch.url,
  })
  await link.look()
  const measurements = createMeasurements({
    sources: probes.flatMap(({ latencies = [] }) => latencies),
    client: link.client,
    urls: () => [options.gatewayUrl ?? [], (watch.sample()?.pools ?? []).map(({ url }) => url)].flat(),
    read: (url) => {
      const isGateway = url === `${options.gatewayUrl?.replace(/\/+$/, '')}/metrics`
      return http.getText(url, {
        timeout: METRICS_WITHIN,
        headers: bearerHeaders(isGateway ? options.apiKey : undefined),
      })
    },
    every: METRICS_EVERY,
    monotonic,
  })
  const logs = openLogs({
    client: thorough ? () => undefined : link.client,
    unknown: () => whyNoLogs(link.view(), state),
  })
  closer.add(logs, (opened) => opened.close())

  async function work(): Promise<number> {
    const [took] = await Promise.all([watch.look(), link.look()])
    const measured = measurements.look()
    if (thorough) await measured
    publish()
    return took
  }

  function publish(): void {
    const view = link.view()
    snapshot = assemble({
      at: now(),
      interval: loop.pace(),
      context: options.context,
      redisUrl: watch.url(),
      serve: view.kind === 'up' ? view.status : undefined,
      sample: watch.sample(),
      trouble: watch.trouble(),
      latencies: measurements.rows(),
      unknown: unknownOf({
        serve: view,
        state,
        mute: measurements.mute(),
        refusals: measurements.refusals(),
      }),
    })
    listeners.tell()
  }

  const loop = startLoop({ work, interval, monotonic })
  closer.add(loop, (opened) => {
    // What nobody waits for any more: a serve that does not answer would keep this process for ever.
    closing.abort()
    watch.cut()
    return opened.close()
  })
  const details = () => createDetails(watch.redis())
  const actions = () => createActions({ redis: watch.redis(), readOnly, client: link.client })

  return {
    readOnly,
    attached: attachedTo !== undefined,
    snapshot: () => snapshot,
    subscribe: listeners.add,
    refresh: loop.refresh,
    setInterval: loop.setInterval,
    setPaused: loop.setPaused,
    logs,
    stream: (key) => details().stream(key),
    entry: (stream, id) => details().entry(stream, id),
    group: (stream, group) => details().group(stream, group),
    letters: (type) => details().letters(type),
    offers: (target) => offersFor(target, { readOnly, replicas: snapshot?.replicas ?? [] }),
    plan: (action) => actions().plan(action),
    run: (action) => actions().run(action).finally(loop.refresh),
    close: () => closer.close(),
  }
}
