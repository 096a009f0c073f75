import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import Docker from 'dockerode'
import { messageOf } from '../../kernel/index.ts'
import { parseDockerHost } from './address.ts'
import { type Attachment, createAttachment } from './attachment.ts'
import { type ContainerSpec, createRequest } from './container-spec.ts'
import { type ContainerState, stateOf } from './container-state.ts'
import { containersError } from './errors.ts'

export type Created = { id: string } | { refused: 'name_taken' | 'image_missing' }

export interface ContainerEntry {
  id: string
  name: string
  /** Value of the label that was asked for. */
  label: string
}

/** What is done with containers. Everything throws DOCKER_UNREACHABLE or DOCKER_REFUSED when it cannot be done. */
export interface DockerClient {
  /** Where it connects to, as it was given. */
  readonly host: string
  ping(): Promise<void>
  /** A container that is not yet started, with stdin open. */
  create(spec: ContainerSpec): Promise<Created>
  start(id: string): Promise<void>
  attach(id: string): Promise<Attachment>
  /** Exit code of a container that was started, if it ends within so many milliseconds; else undefined. */
  wait(id: string, ms: number): Promise<number | undefined>
  inspect(id: string): Promise<ContainerState>
  /** Ends it with SIGKILL. Nothing happens to one that has ended or is not there. */
  kill(id: string): Promise<void>
  /** By id or name, whether it runs or not. Nothing happens to one that is not there. */
  remove(id: string): Promise<void>
  /** Those with this label, running or not. */
  list(label: string): Promise<ContainerEntry[]>
  close(): void
}

export interface DockerClientOptions {
  /** `unix:///PATH`, `tcp://HOST:PORT` or `http://HOST:PORT`; of a proxy as of an engine. */
  host: string
  /** Secret of the proxy. */
  token?: string | undefined
}

/** Milliseconds for an answer: an engine that starts many containers at once takes long for each. */
const ANSWER_WITHIN = 60_000

/** @throws AgentctlError DOCKER_HOST_INVALID */
export function createDockerClient({ host, token }: DockerClientOptions): DockerClient {
  const agent = new Agent({ keepAlive: true })
  const docker = new Docker({
    // What is not given would be read from DOCKER_HOST and its kin.
    ...{ host: undefined, socketPath: undefined, ca: undefined, cert: undefined, key: undefined },
    ...parseDockerHost(host),
    protocol: 'http',
    agent,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  } as unknown as Docker.DockerOptions)

  /** The answer, or the status of a refusal that its caller knows what to do with. */
  async function ask<T>(
    what: string,
    send: (abortSignal: AbortSignal) => Promise<T>,
    ...expected: number[]
  ): Promise<{ answer: T } | { status: number }> {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), ANSWER_WITHIN)
    try {
      return { answer: await send(late.signal) }
    } catch (cause) {
      const status = statusOf(cause)
      if (status !== undefined && expected.includes(status)) return { status }
      const why = late.signal.aborted ? `no answer within ${ANSWER_WITHIN} ms` : messageOf(cause).trim()
      if (status === undefined) throw containersError('DOCKER_UNREACHABLE', `${host}: ${why}`, { cause })
      throw containersError('DOCKER_REFUSED', `${what}: ${why}`, { cause })
    } finally {
      clearTimeout(timer)
    }
  }

  async function answerOf<T>(what: string, send: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    return ((await ask(what, send)) as { answer: T }).answer
  }

  const at = (id: string) => docker.getContainer(id)

  return {
    host,
    async ping() {
      await ask('ping', (abortSignal) => docker.ping({ abortSignal } as never) as unknown as Promise<unknown>)
    },
    async create(spec) {
      const send = (abortSignal: AbortSignal) =>
        docker.createContainer({ ...createRequest(spec), abortSignal })
      const created = await ask('create', send, 404, 409)
      if ('answer' in created) return { id: created.answer.id }
      return { refused: created.status === 409 ? 'name_taken' : 'image_missing' }
    },
    async start(id) {
      await ask('start', (abortSignal) => at(id).start({ abortSignal }))
    },
    async attach(id) {
      const options = { stream: true, hijack: true, stdin: true, stdout: true, stderr: true }
      const stream = await answerOf('attach', (abortSignal) => at(id).attach({ ...options, abortSignal }))
      return createAttachment(stream as Duplex)
    },
    async wait(id, ms) {
      const late = AbortSignal.timeout(ms)
      const send = () => at(id).wait({ abortSignal: late }) as Promise<{ StatusCode: number }>
      try {
        return (await answerOf('wait', send)).StatusCode
      } catch (error) {
        if (late.aborted) return undefined
        throw error
      }
    },
    async inspect(id) {
      return stateOf(await answerOf('inspect', (abortSignal) => at(id).inspect({ abortSignal })))
    },
    async kill(id) {
      await ask('kill', (abortSignal) => at(id).kill({ signal: 'KILL', abortSignal }), 404, 409)
    },
    async remove(id) {
      const options = { force: true, v: true }
      // 409: another removal of it is under way.
      await ask('remove', (abortSignal) => at(id).remove({ ...options, abortSignal } as object), 404, 409)
    },
    async list(label) {
      const filters = JSON.stringify({ label: [label] })
      const send = (abortSignal: AbortSignal) => docker.listContainers({ all: true, filters, abortSignal })
      const found = await answerOf('list', send)
      return found.map(({ Id, Names, Labels }) => ({
        id: Id,
        name: Names[0]?.replace(/^\//, '') ?? '',
        label: Labels[label] ?? '',
      }))
    },
    close: () => agent.destroy(),
  }
}

function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown }).statusCode
  return typeof status === 'number' ? status : undefined
}
