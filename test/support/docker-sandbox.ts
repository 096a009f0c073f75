import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDockerProxy } from '../../src/runtime/docker-proxy/docker-proxy.ts'
import { LABELS } from '../../src/runtime/docker-proxy/index.ts'
import { options as proxyOptions } from '../../src/runtime/docker-proxy/options.ts'
import { createDockerClient, type DockerClient } from '../../src/runtime/platform/containers/index.ts'
import { createDockerSandbox, type DockerSandboxOptions } from '../../src/runtime/sandbox/docker/index.ts'
import type { Sandbox } from '../../src/runtime/sandbox/index.ts'
import { silent } from './redis.ts'

export const NOT_WARM = { python: 0, node: 0 }

export interface DockerScene {
  docker: DockerClient
  /** Address of the proxy. */
  proxy: string
  open(options?: Partial<DockerSandboxOptions>): Sandbox
  /** Ids of the containers of this owner: also of those made only to look at an image. */
  containersOf(owner: string): Promise<string[]>
  /** Ids of the containers that were started by sandboxes of this owner, and not removed by any sandbox. */
  standing(owner: string): string[]
  /** How many those are, but for so many that stand ready. */
  left(owner: string, standing?: number): Promise<number>
  /** Sandboxes that are still open lose their proxy. */
  close(): Promise<void>
}

let scenes = 0

/** A proxy of its own before the engine, and sandboxes behind it; on a unix socket, or on a port with a secret. */
export async function openDockerScene(
  dockerHost: string,
  listens: 'socket' | 'port' = 'socket',
): Promise<DockerScene> {
  const folder = await mkdtemp(join(tmpdir(), 'agentctl-docker-'))
  const token = listens === 'port' ? crypto.randomUUID() : undefined
  const place = token === undefined ? { socket: join(folder, 'proxy.sock') } : { port: 0, token }
  const settings = proxyOptions.parse({ ...place, dockerHost, drainTimeout: '500ms' })
  const proxy = await startDockerProxy(settings, { log: silent, name: 'docker-proxy-1' })
  const address = 'socket' in place ? `unix://${place.socket}` : (proxy.facts.url as string)
  const docker = createDockerClient({ host: address, token })
  const owner = `test-${process.pid}-${++scenes}`
  const started = new Map<string, string>()
  const notingStarts = (by: string): DockerClient => ({
    ...docker,
    async start(id) {
      await docker.start(id)
      started.set(id, by)
    },
    async remove(id) {
      await docker.remove(id)
      started.delete(id)
    },
  })
  async function containersOf(of: string): Promise<string[]> {
    const all = await docker.list(LABELS.owner)
    return all.flatMap(({ id, label }) => (label.split('/')[0] === of ? [id] : [])).sort()
  }

  return {
    docker,
    proxy: address,
    containersOf,
    standing: (of) => [...started].flatMap(([id, by]) => (by === of ? [id] : [])),
    open(options = {}) {
      const by = options.owner ?? owner
      return createDockerSandbox({ docker: notingStarts(by), owner, warm: NOT_WARM, log: silent, ...options })
    },
    async left(of, standing = 0) {
      return Math.max(0, (await containersOf(of)).length - standing)
    },
    async close() {
      docker.close()
      await proxy.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
