import { chmod, rm } from 'node:fs/promises'
import fastify, { type FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { Agent, request } from 'undici'
import type { Problem } from '../../kernel/index.ts'
import { fromProblem } from './from-problem.ts'
import { answerWithProblems } from './problems.ts'

export type SocketApp = ReturnType<typeof createSocketApp>

function createSocketApp() {
  return fastify({ forceCloseConnections: true })
    .setValidatorCompiler(validatorCompiler)
    .setSerializerCompiler(serializerCompiler)
    .withTypeProvider<ZodTypeProvider>()
}

/** Serves HTTP on a unix socket that only this user can open. */
export async function listenOnSocket(
  path: string,
  routes: (app: SocketApp) => void,
): Promise<{ close(): Promise<void> }> {
  await rm(path, { force: true })
  const app = createSocketApp()
  answerWithProblems(app as unknown as FastifyInstance, () => undefined)
  routes(app)
  await app.listen({ path })
  await chmod(path, 0o600)
  return {
    async close() {
      await app.close()
      await rm(path, { force: true })
    },
  }
}

export interface SocketCall {
  method: 'GET' | 'POST'
  route: string
  body?: object
  signal?: AbortSignal
}

/** Calls a service on a unix socket and parses its answer; its problems are thrown as the errors they were. */
export async function callSocket<T>(path: string, call: SocketCall): Promise<T> {
  const body = await send(path, call)
  return (await body.json()) as T
}

/** The same for an answer in newline-delimited JSON that may never end. */
export async function* streamSocket<T>(path: string, call: SocketCall): AsyncGenerator<T> {
  const body = await send(path, call)
  body.setEncoding('utf8')
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield JSON.parse(line) as T
  }
}

async function send(path: string, { method, route, body, signal }: SocketCall) {
  const dispatcher = new Agent({
    connect: { socketPath: path },
    bodyTimeout: 0,
    headersTimeout: 0,
    pipelining: 0,
  })
  const response = await request(`http://control${route}`, {
    method,
    dispatcher,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    ...(signal === undefined ? {} : { signal }),
  })
  if (response.statusCode >= 400) throw fromProblem((await response.body.json()) as Problem)
  return response.body
}
