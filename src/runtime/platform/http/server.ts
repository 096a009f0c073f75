import type { Server as TlsServer } from 'node:tls'
import swagger, { type SwaggerOptions } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fastify, { type FastifyInstance, type FastifyReply, LogController } from 'fastify'
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type HeldSocket, type Leaving, type Logger, messageOf, type Tracer } from '../../kernel/index.ts'
import { type Checks, exposeChecks, type Metrics } from '../metrics/index.ts'
import { createDeparture, type Departure } from './departure.ts'
import { httpError } from './errors.ts'
import { refuseForeignHosts } from './host-check.ts'
import {
  type NamedSchemas,
  nameSchemas,
  type SecuritySchemes,
  withoutUnused,
  withSpokenDefaults,
} from './openapi.ts'
import { answerWithProblems, sendProblem, type Translate } from './problems.ts'
import { renewCertificates, type TlsFiles, tlsOptionsOf } from './tls.ts'
import { traceRequests } from './trace-requests.ts'

export interface HttpServerOptions {
  title: string
  description: string
  version: string
  host: string
  port: number
  /** Listens here instead, if that is bound to the same host. */
  socket?: HeldSocket | undefined
  /** Largest request body in bytes. */
  bodyLimit: number
  metrics: Metrics
  /**
   * Dependencies, each a probe that rejects while it cannot be reached. One that the service can do without resolves
   * with `{ degraded: WHY }` instead: it is shown, and the service is ready all the same.
   */
  checks: Checks
  /** Turns errors of drivers into coded ones. */
  translate: Translate
  /** What the OpenAPI document says of how to be let in; the routes name them in their `security`. */
  security?: SecuritySchemes
  /** Schemas that are components of the OpenAPI document. */
  schemas?: NamedSchemas
  tracer?: Tracer | undefined
  /** Speaks HTTPS. */
  tls?: TlsFiles | undefined
  /**
   * Names that requests may be for, besides addresses and localhost; a service on loopback takes no others. `any` is for those that
   * let nobody in who does not know a secret.
   */
  allowedHosts?: readonly string[] | 'any' | undefined
  /** Guards /metrics; without it everybody may read them. */
  guardMetrics?: ((app: HttpApp) => void) | undefined
  log: Logger
}

export type HttpApp = ReturnType<typeof createApp>

export interface HttpServer {
  /** Base URL, with the port in use. */
  url: string
  /** Sees to it that requests go elsewhere, while those that come all the same are answered: to be called before `close`. */
  leave(how: Leaving): Promise<void>
  /** What is under way is given a moment. */
  close(): Promise<void>
}

/** Milliseconds for an answer that was about to be given. */
const LAST_ANSWERS = 1_000

/**
 * Starts a service with what every HTTP role has: /health, /ready, /metrics, /openapi.json, /docs and
 * problem+json errors. `routes` adds its own.
 * @throws AgentctlError HTTP_PORT_IN_USE, HTTP_ADDRESS_INVALID
 */
export async function startHttpServer(
  options: HttpServerOptions,
  routes: (app: HttpApp) => void | Promise<void>,
): Promise<HttpServer> {
  const app = createApp(options)
  const departure = createDeparture(app.server)
  // Text would be taken for a JSON string, and be wrong for a reason that says nothing.
  app.removeContentTypeParser('text/plain')
  answerWithProblems(app as unknown as FastifyInstance, options.translate)
  observeRequests(app, options.metrics)
  exposeChecks(options.metrics, options.checks)
  traceRequests(app as unknown as FastifyInstance, options.tracer)
  const { host, allowedHosts = [], tls } = options
  if (allowedHosts !== 'any')
    refuseForeignHosts(app as unknown as FastifyInstance, { host, allowed: allowedHosts })
  await app.register(swagger, describe(options))
  await app.register(swaggerUi, { routePrefix: '/docs' })
  await app.register(async (scope) => {
    addCommonRoutes(scope as unknown as HttpApp, options, departure)
    await scope.register(async (guarded) => addMetricsRoute(guarded as unknown as HttpApp, options))
    await routes(scope as unknown as HttpApp)
  })
  const address = await listen(app, options)
  const renewal =
    tls && renewCertificates({ files: tls, server: app.server as unknown as TlsServer, log: options.log })
  return {
    url: `${tls ? 'https' : 'http'}://${address}`,
    leave: departure.leave,
    async close() {
      renewal?.stop()
      await departure.finish(LAST_ANSWERS)
      await app.close()
    },
  }
}

function describe(options: HttpServerOptions): SwaggerOptions {
  const { title, description, version, security = {}, schemas = nameSchemas({}) } = options
  const name = createJsonSchemaTransformObject({ schemaRegistry: schemas })
  return {
    openapi: {
      info: { title, description, version },
      components: { securitySchemes: { ...security } },
    },
    transform: createJsonSchemaTransform({ schemaRegistry: schemas }),
    transformObject: (document) => withSpokenDefaults(withoutUnused(name(document))),
  }
}

function createApp({ bodyLimit, log, tls }: HttpServerOptions) {
  // What the type of the server is makes no difference here.
  const secure = tls === undefined ? {} : ({ https: tlsOptionsOf(tls) } as object)
  return fastify({
    ...secure,
    bodyLimit,
    // Its own announcement of the address would repeat the role's.
    loggerInstance: log.child({}, { level: isChatty(log) ? 'warn' : log.level }),
    // A line per request costs more than the request; the metrics count them.
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    frameworkErrors: (error, _request, reply) =>
      sendProblem(
        reply as unknown as FastifyReply,
        httpError('HTTP_INVALID', error.message, { field: 'path' }),
      ),
    // The names of things may be longer than the router's usual limit; too long is for a route to say.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1_024 },
  })
    .setValidatorCompiler(validatorCompiler)
    .setSerializerCompiler(serializerCompiler)
    .withTypeProvider<ZodTypeProvider>()
}

function isChatty(log: Logger): boolean {
  return log.isLevelEnabled('info') && !log.isLevelEnabled('debug')
}

function addCommonRoutes(app: HttpApp, { checks, version }: HttpServerOptions, departure: Departure): void {
  const health = z.object({ status: z.literal('ok'), version: z.string(), uptime_s: z.number() })
  app.get(
    '/health',
    {
      schema: {
        operationId: 'health',
        tags: ['service'],
        summary: 'Is the process alive',
        response: { 200: health },
      },
    },
    () => ({
      status: 'ok' as const,
      version,
      uptime_s: Math.round(process.uptime()),
    }),
  )
  const readiness = z.object({
    status: z.enum(['ready', 'unready']),
    checks: z.record(z.string(), z.string()),
  })
  app.get(
    '/ready',
    {
      schema: {
        operationId: 'ready',
        tags: ['service'],
        summary: 'Are its dependencies reached',
        response: { 200: readiness, 503: readiness },
      },
    },
    async (_request, reply) => {
      const results = { ...(await runChecks(checks)), ...(departure.leaving ? { process: LEAVING } : {}) }
      const ready = Object.values(results).every((result) => result === 'ok' || result.startsWith(DEGRADED))
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'unready', checks: results })
    },
  )
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
}

function addMetricsRoute(app: HttpApp, { metrics, guardMetrics }: HttpServerOptions): void {
  guardMetrics?.(app)
  app.get(
    '/metrics',
    { schema: { operationId: 'metrics', tags: ['service'], summary: 'Prometheus metrics' } },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  )
}

async function runChecks(checks: HttpServerOptions['checks']): Promise<Record<string, string>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        return [name, describeCheck(await check())]
      } catch (error) {
        return [name, messageOf(error)]
      }
    }),
  )
  return Object.fromEntries(results)
}

const DEGRADED = 'degraded: '
const LEAVING = 'it is about to end, and takes no new clients'

function describeCheck(result: unknown): string {
  const why = (result as { degraded?: unknown } | null | undefined)?.degraded
  return typeof why === 'string' ? `${DEGRADED}${why}` : 'ok'
}

function observeRequests(app: HttpApp, metrics: Metrics): void {
  const seconds = metrics.histogram('http_request_seconds', 'Time to answer; for streams, until they end', [
    'method',
    'route',
    'status',
  ])
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown'
    seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
    done()
  })
}

/** @returns host and port, as they stand in a URL */
async function listen(app: HttpApp, { host, port, socket }: HttpServerOptions): Promise<string> {
  try {
    // Options that the types do not have are passed on as they are.
    const options = socket?.host === host ? { fd: socket.fd, host } : { host, port }
    await app.listen(options)
  } catch (cause) {
    await app.close()
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw httpError('HTTP_PORT_IN_USE', `port ${port} on ${host} is in use`, { cause, field: 'port' })
    throw httpError('HTTP_ADDRESS_INVALID', `cannot listen on ${host}:${port}: ${messageOf(cause)}`, {
      cause,
      field: 'host',
    })
  }
  const address = app.server.address() as { port: number }
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `${shown.includes(':') ? `[${shown}]` : shown}:${address.port}`
}
