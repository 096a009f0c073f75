import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { AgentctlError, kernelError, messageOf, type Problem, toProblem } from '../../kernel/index.ts'
import { httpError } from './errors.ts'

const MEDIA_TYPE = 'application/problem+json; charset=utf-8'
const METHODS: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Knows the errors of the libraries a service stands on. */
export type Translate = (error: Error) => AgentctlError | undefined

/** Makes every failure of a server an RFC 9457 problem with a stable code. */
export function answerWithProblems(app: FastifyInstance, translate: Translate): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    // What has a code already may quote a driver, and must not be taken for another's trouble.
    const coded = error instanceof AgentctlError ? error : translate(error)
    const known = coded ?? asKnown(error, request.routeOptions.bodyLimit ?? app.initialConfig.bodyLimit)
    logFailure(request, known, error)
    return sendProblem(reply, known)
  })
  app.setNotFoundHandler((request, reply) => {
    const allowed = allowedMethods(app, request)
    if (allowed.length === 0) {
      return sendProblem(
        reply,
        httpError('HTTP_NOT_FOUND', `${request.method} ${pathOf(request)} is not a route`),
      )
    }
    reply.header('allow', allowed.join(', '))
    const detail = `${pathOf(request)} supports ${allowed.join(', ')}, not ${request.method}`
    return sendProblem(reply, httpError('HTTP_METHOD', detail))
  })
}

/** Something that is away is no fault of ours: a line is enough, without the stack. */
function logFailure(request: FastifyRequest, { status, kind, code, message }: AgentctlError, error: Error) {
  if (status < 500) return
  const route = request.routeOptions.url
  if (kind === 'unavailable') request.log.warn({ code, route, reason: message }, 'request failed')
  else request.log.error({ err: error, route }, 'request failed')
}

export function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const problem: Problem = toProblem(error)
  if (problem.status === 503 || problem.status === 429) reply.header('retry-after', retryAfter(error))
  // Serialised here: a route's response schemas describe its answers, not its errors.
  return reply.code(problem.status).type(MEDIA_TYPE).send(JSON.stringify(problem))
}

/** Whole seconds, at least one. */
function retryAfter(error: unknown): string {
  const ms = error instanceof AgentctlError ? (error.retryAfter ?? 0) : 0
  return String(Math.max(1, Math.ceil(ms / 1_000)))
}

function allowedMethods(app: FastifyInstance, request: FastifyRequest): string[] {
  const path = pathOf(request)
  return METHODS.filter((method) => app.findRoute({ method, url: path }) !== null)
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] as string
}

function asKnown(error: FastifyError, bodyLimit = 0): AgentctlError {
  if (error instanceof AgentctlError) return error
  if (hasZodFastifySchemaValidationErrors(error)) return invalid(error)
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return httpError('HTTP_BODY_TOO_LARGE', `the body may have at most ${bodyLimit} bytes`, {
        field: 'body',
      })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return httpError('HTTP_MEDIA_TYPE', error.message, { field: 'content-type' })
    default:
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return httpError('HTTP_INVALID', error.message, { field: 'body', cause: error })
  }
  return kernelError('INTERNAL', messageOf(error), { cause: error })
}

interface Validation {
  validation: { instancePath: string; message?: string; params: Record<string, unknown> }[]
  validationContext?: string
}

const PLACES: Record<string, string> = { querystring: 'query', headers: 'header', params: 'path' }

function invalid(error: Validation): AgentctlError {
  const place = PLACES[error.validationContext ?? ''] ?? error.validationContext ?? 'request'
  const first = error.validation[0]
  const path = (first?.instancePath ?? '').split('/').filter(Boolean)
  const issue = first?.params.issue as { keys?: string[] } | undefined
  const unknown = issue?.keys?.[0] ?? (first?.params.keys as string[] | undefined)?.[0]
  const field = [place, ...path, ...(unknown === undefined ? [] : [unknown])].join('.')
  const message = unknown === undefined ? (first?.message ?? 'invalid') : 'unknown field'
  return httpError('HTTP_INVALID', `${field}: ${message}`, { field })
}
