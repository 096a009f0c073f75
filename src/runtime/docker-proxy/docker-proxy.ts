import {
  type Closer,
  createCloser,
  type Logger,
  type RoleContext,
  type RunningRole,
  withDeadline,
} from '../kernel/index.ts'
import { createEngine, type Engine } from '../platform/engine/index.ts'
import { createMetrics, type Metrics } from '../platform/metrics/index.ts'
import { version } from '../version.ts'
import { dockerProxyError } from './errors.ts'
import { withTag } from './image-name.ts'
import type { DockerProxyOptions } from './options.ts'
import { goneFrom, proxyIdentity } from './reaper/identity.ts'
import { createReaper, type Reaper } from './reaper/reaper.ts'
import { createApi } from './service/api.ts'
import { createAttachments } from './service/attach.ts'
import { createOwnership, type Ownership } from './service/ownership.ts'
import { createPlaces, type Places } from './service/places.ts'
import { listen } from './service/server.ts'
import { createServiceRoutes } from './service/service-routes.ts'
import { createVerdicts } from './service/verdicts.ts'

/** Milliseconds for the engine to show that it is there. */
const READY_WITHIN = 10_000
/** Milliseconds, at the end, for containers that are just being made. */
const SETTLED_WITHIN = 10_000

/**
 * Starts the proxy between executors and the Docker engine, and the reaper. The engine may be away: then the proxy
 * is there and not ready.
 * @throws AgentctlError DOCKER_HOST_INVALID, DOCKER_PROXY_TOKEN_MISSING, DOCKER_PROXY_ADDRESS_INVALID
 */
export async function startDockerProxy(
  options: DockerProxyOptions,
  context: RoleContext,
): Promise<RunningRole> {
  const closer = createCloser()
  try {
    return await open(options, context, closer)
  } catch (error) {
    await closer.close()
    throw error
  }
}

async function open(options: DockerProxyOptions, { log }: RoleContext, closer: Closer): Promise<RunningRole> {
  const { host, port, socket, token } = options
  checkToken(options)
  const engine = closer.add(createEngine(options.dockerHost), (opened) => opened.close())
  const metrics = createMetrics('docker-proxy')
  const verdicts = createVerdicts(metrics, log)
  const proxy = proxyIdentity()
  const ownership = createOwnership(engine)
  const places = createPlaces(options.maxContainers)
  const reaper = openReaper({ engine, proxy, ownership, places, metrics, log })
  const attachments = createAttachments({ engine, ownership, token, verdicts })
  metrics.gauge('docker_proxy_attachments', 'Programs that are connected to', () => attachments.count())
  const images = { python: withTag(options.pythonImage), node: withTag(options.nodeImage) }
  const answer = createApi({
    engine,
    ownership,
    images,
    proxy,
    token,
    verdicts,
    now: Date.now,
    places,
  })
  const findRoute = createServiceRoutes({
    version,
    metrics,
    checkEngine: () =>
      engine.json({ method: 'GET', path: '/version', signal: AbortSignal.timeout(READY_WITHIN) }),
  })
  const server = await listen(
    { host, port, socket },
    (request, response) => {
      const serve = findRoute(request) ?? ((to) => answer(request, to))
      serve(response).catch(() => response.destroy())
    },
    (request, raw, head) => void attachments.accept(request, raw, head),
  )
  // Nobody else would end them, and whoever ran them has lost them.
  closer.add(reaper, async (opened) => {
    await withDeadline(places.settled(), SETTLED_WITHIN, 'containers being made').catch(() => {})
    await opened.clear()
  })
  closer.add(server, (opened) => opened.close())
  closer.add(attachments, (opened) => opened.close())
  closer.add(reaper, (opened) => opened.stop())
  closer.add(attachments, (opened) => {
    places.close()
    return withDeadline(opened.drain(), options.drainTimeout, 'programs that still run').catch(() => {})
  })
  reaper.start()
  return {
    facts: { url: server.url, engine: options.dockerHost, images: Object.values(images).join(',') },
    metrics: () => metrics.text(),
    stop: () => closer.close(),
  }
}

interface Reaping {
  engine: Engine
  proxy: string
  ownership: Ownership
  places: Places
  metrics: Metrics
  log: Logger
}

function openReaper({ engine, proxy, ownership, places, metrics, log }: Reaping): Reaper {
  const reaped = metrics.counter('docker_proxy_reaped_total', 'Containers that were taken away', ['why'])
  return createReaper({
    engine,
    proxy,
    isGone: goneFrom(proxy),
    now: Date.now,
    log,
    onDue: (id) => ownership.forget(id),
    onReaped(id, why) {
      places.free(id)
      reaped.inc({ why })
    },
    // Some may have been removed by others: those take no place any more.
    look() {
      const before = places.taken()
      return (there) => places.keepOnly(before, there)
    },
  })
}

/** Whoever reaches the proxy can use the processor of this machine. */
function checkToken({ host, socket, token }: DockerProxyOptions): void {
  if (socket !== undefined || token !== undefined || /^(127\.|localhost$|::1$)/.test(host)) return
  throw dockerProxyError('DOCKER_PROXY_TOKEN_MISSING', `${host} is not this machine alone`, {
    field: 'token',
  })
}
