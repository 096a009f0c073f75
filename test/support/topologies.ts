import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createCloser, folders } from '../../src/runtime/kernel/index.ts'
import { freePort, spawnGuarded } from '../../src/runtime/platform/process/index.ts'
import { findRedisServer, type RedisProgram } from '../../src/runtime/platform/redis/index.ts'
import { eventually } from './program.ts'

/** Real Redis servers in an arrangement of their own. */
export interface Topology {
  url: string
  /** What a client's process needs in its environment. */
  env: Record<string, string>
  close(): Promise<void>
}

async function openServers() {
  const program = await findRedisServer({ cache: folders().cache, say: () => {} })
  const root = mkdtempSync(join(tmpdir(), 'agentctl-topology-'))
  const closer = createCloser()
  closer.add(root, (dir) => rmSync(dir, { recursive: true, force: true }))

  async function start(port: number, ...settings: string[]): Promise<void> {
    const dir = join(root, String(port))
    mkdirSync(dir)
    const server = spawnGuarded(
      program.server,
      ['--dir', dir, '--bind', '127.0.0.1', '--save', '', ...settings],
      program.env,
    )
    closer.add(server, async () => {
      server.kill()
      await server.exited
    })
  }

  return { program, root, start, closer }
}

async function answers(port: number, password?: string): Promise<Redis> {
  const redis = new Redis(port, {
    ...(password === undefined ? {} : { password }),
    maxRetriesPerRequest: null,
  })
  redis.on('error', () => {})
  await redis.ping()
  return redis
}

export async function startPasswordServer(): Promise<Topology> {
  const { start, closer } = await openServers()
  const port = await freePort()
  await start(port, '--port', String(port), '--requirepass', 'p@ss:word')
  const redis = await answers(port, 'p@ss:word')
  redis.disconnect()
  return { url: `redis://:p%40ss%3Aword@127.0.0.1:${port}/2`, env: {}, close: () => closer.close() }
}

export async function startTlsServer(): Promise<Topology> {
  const { start, closer, root } = await openServers()
  const [cert, key] = [join(root, 'cert.pem'), join(root, 'key.pem')]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject],
    { stdio: 'ignore' },
  )
  const port = await freePort()
  const tls = [
    '--tls-port',
    String(port),
    '--tls-cert-file',
    cert,
    '--tls-key-file',
    key,
    '--tls-auth-clients',
    'no',
  ]
  await start(port, '--port', '0', ...tls)
  return {
    url: `rediss://127.0.0.1:${port}`,
    env: { NODE_EXTRA_CA_CERTS: cert },
    close: () => closer.close(),
  }
}

export async function startSentinel(): Promise<Topology> {
  const { start, closer, root } = await openServers()
  const [master, sentinel] = [await freePort(), await freePort()]
  await start(master, '--port', String(master), '--requirepass', 'secret')
  const redis = await answers(master, 'secret')
  redis.disconnect()
  const file = join(root, 'sentinel.conf')
  writeFileSync(
    file,
    `port ${sentinel}\nsentinel monitor main 127.0.0.1 ${master} 1\nsentinel auth-pass main secret\n`,
  )
  await startWithFile(closer, file, root)
  const watcher = await answers(sentinel)
  watcher.disconnect()
  return { url: `redis+sentinel://:secret@127.0.0.1:${sentinel}/main`, env: {}, close: () => closer.close() }
}

async function startWithFile(
  closer: ReturnType<typeof createCloser>,
  file: string,
  dir: string,
): Promise<void> {
  const program: RedisProgram = await findRedisServer({ cache: folders().cache, say: () => {} })
  const server = spawnGuarded(program.server, [file, '--sentinel', '--dir', dir], program.env)
  closer.add(server, async () => {
    server.kill()
    await server.exited
  })
}

export async function startCluster(): Promise<Topology> {
  const { start, closer } = await openServers()
  const ports = await clusterPorts(3)
  const nodes: Redis[] = []
  for (const port of ports) {
    await start(port, '--port', String(port), '--cluster-enabled', 'yes', '--cluster-node-timeout', '2000')
    nodes.push(await answers(port))
  }
  const [first] = nodes
  const size = Math.ceil(16_384 / nodes.length)
  for (const [i, node] of nodes.entries()) {
    await node.cluster('ADDSLOTSRANGE', i * size, Math.min(16_384, (i + 1) * size) - 1)
    await node.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1)
    if (i > 0) await first?.cluster('MEET', '127.0.0.1', ports[i] as number)
  }
  await eventually(async () => {
    const infos = await Promise.all(nodes.map((node) => node.cluster('INFO')))
    return infos.every(
      (info) => String(info).includes('cluster_state:ok') && String(info).includes('cluster_known_nodes:3'),
    )
  })
  for (const node of nodes) node.disconnect()
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',')
  return { url: `redis+cluster://${hosts}`, env: {}, close: () => closer.close() }
}

/** A cluster node also listens on its port + 10000. */
async function clusterPorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = await freePort()
    if (port < 55_000 && (await freePort(port + 10_000)) === port + 10_000) ports.push(port)
  }
  return ports
}
