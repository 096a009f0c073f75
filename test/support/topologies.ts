import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createCloser, folders } from '../../src/runtime/kernel/index.ts'
import {
  freePort,
  type GuardedProcess,
  killGroup,
  spawnGuarded,
} from '../../src/runtime/platform/process/index.ts'
import { findRedisServer, type RedisProgram } from '../../src/runtime/platform/redis/index.ts'
import { eventually } from './program.ts'

/** Real Redis servers in an arrangement of their own. */
export interface Topology {
  url: string
  /** What a client's process needs in its environment. */
  env: Record<string, string>
  close(): Promise<void>
}

/** A server of a topology, to be tampered with. */
export interface Node {
  port: number
  /** Ends it as a crash would. */
  kill(): Promise<void>
  /** Stops and continues it, as a machine that hangs. */
  pause(): void
  resume(): void
}

/** Servers of which one has replicas. */
export interface ReplicatedTopology extends Topology {
  primary: Node
  replicas: Node[]
}

/** Replicated servers that somebody watches. */
export interface FailoverTopology extends ReplicatedTopology {
  /** Has a replica take over in order, as for maintenance; resolves once that is agreed, not when it is done. */
  failover(): Promise<void>
}

async function openServers() {
  const program = await findRedisServer({ cache: folders().cache, say: () => {} })
  const root = mkdtempSync(join(tmpdir(), 'agentctl-topology-'))
  const closer = createCloser()
  closer.add(root, (dir) => rmSync(dir, { recursive: true, force: true }))

  async function start(port: number, ...settings: string[]): Promise<Node> {
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
    return toNode(port, server)
  }

  return { program, root, start, closer }
}

function toNode(port: number, server: GuardedProcess): Node {
  return {
    port,
    async kill() {
      server.kill()
      await server.exited
    },
    pause: () => killGroup(server.pid, 'SIGSTOP'),
    resume: () => killGroup(server.pid, 'SIGCONT'),
  }
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

async function startReplicas({ start }: Awaited<ReturnType<typeof openServers>>) {
  const port = await freePort()
  const primary = await start(port, '--port', String(port))
  const replicas: Node[] = []
  for (let i = 0; i < 2; i++) {
    const own = await freePort()
    replicas.push(await start(own, '--port', String(own), '--replicaof', `127.0.0.1 ${port}`, ...QUICK_SYNC))
  }
  await replicated(port, 2, 'probe')
  return { url: `redis://127.0.0.1:${port}`, primary, replicas }
}

/** A server with two replicas and nobody who watches them. */
export async function startReplicatedServer(): Promise<ReplicatedTopology> {
  const servers = await openServers()
  return { ...(await startReplicas(servers)), env: {}, close: () => servers.closer.close() }
}

/** Three Sentinels that replace their master within seconds by one of two replicas. */
export async function startFailoverSentinel(): Promise<FailoverTopology> {
  const servers = await openServers()
  const { closer, root } = servers
  const { primary, replicas } = await startReplicas(servers)
  const ports = [await freePort(), await freePort(), await freePort()]
  for (const port of ports) {
    const file = join(root, `sentinel-${port}.conf`)
    const lines = [
      `port ${port}`,
      `sentinel monitor main 127.0.0.1 ${primary.port} 2`,
      `sentinel down-after-milliseconds main ${DEAD_AFTER}`,
      'sentinel failover-timeout main 6000',
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
    await startWithFile(closer, file, root)
  }
  for (const port of ports) await sentinelReady(port)
  return {
    url: `redis+sentinel://${ports.map((port) => `127.0.0.1:${port}`).join(',')}/main`,
    ...{ env: {}, primary, replicas, close: () => closer.close() },
    async failover() {
      const sentinel = await answers(ports[0] as number)
      await sentinel.call('SENTINEL', 'FAILOVER', 'main')
      sentinel.disconnect()
    },
  }
}

/** Knows both replicas and both other sentinels. */
async function sentinelReady(port: number): Promise<void> {
  const sentinel = await answers(port)
  const count = async (what: string) => ((await sentinel.call('SENTINEL', what, 'main')) as unknown[]).length
  await eventually(async () => (await count('REPLICAS')) === 2 && (await count('SENTINELS')) === 2)
  sentinel.disconnect()
}

/** Milliseconds of silence after which a server is replaced: a busy machine may stop any process for most of them. */
const DEAD_AFTER = 4_000

const QUICK_SYNC = ['--repl-diskless-sync-delay', '0']

/** Resolves once so many replicas have confirmed a write of a key. */
export async function replicated(port: number, count: number, key: string): Promise<void> {
  const redis = await answers(port)
  await eventually(async () => {
    await redis.set(key, '')
    return (await redis.wait(count, 500)) === count
  })
  await redis.del(key)
  redis.disconnect()
}

/** A replica must not leave for a primary that has none: then nobody confirms what its own primary writes. */
const OWN_REPLICAS = ['--cluster-enabled', 'yes', '--cluster-allow-replica-migration', 'no']

/**
 * A cluster of three primaries; the one that has the slot of `key` has two replicas.
 * @param others replicas that each of the other two has
 */
export async function startReplicatedCluster(key: string, others = 0): Promise<FailoverTopology> {
  const { start, closer } = await openServers()
  const count = 5 + 2 * others
  const ports = await clusterPorts(count)
  const settings = [...OWN_REPLICAS, '--cluster-node-timeout', String(DEAD_AFTER), ...QUICK_SYNC]
  const nodes: Node[] = []
  const clients: Redis[] = []
  for (const port of ports) {
    nodes.push(await start(port, '--port', String(port), ...settings))
    clients.push(await answers(port))
  }
  const [first] = clients
  const size = Math.ceil(16_384 / 3)
  for (const [i, client] of clients.entries()) {
    if (i < 3) await client.cluster('ADDSLOTSRANGE', i * size, Math.min(16_384, (i + 1) * size) - 1)
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1)
    if (i > 0) await first?.cluster('MEET', '127.0.0.1', ports[i] as number)
  }
  const everyInfo = (demanded: string) => async () => {
    const infos = await Promise.all(clients.map((client) => client.cluster('INFO')))
    return infos.every((info) => String(info).includes(demanded))
  }
  await eventually(everyInfo(`cluster_known_nodes:${count}`))
  const owner = Math.floor(Number(await first?.cluster('KEYSLOT', key)) / size)
  const ids = await Promise.all(clients.slice(0, 3).map((client) => client.cluster('MYID')))
  const rest = [0, 1, 2].filter((i) => i !== owner).flatMap((i) => Array<number>(others).fill(i))
  for (const [n, primary] of [owner, owner, ...rest].entries()) {
    const replicate = () => clients[3 + n]?.cluster('REPLICATE', String(ids[primary]))
    await eventually(async () => Boolean(await replicate()?.catch(() => false)))
  }
  await eventually(everyInfo('cluster_state:ok'))
  await replicated(ports[owner] as number, 2, key)
  for (const primary of new Set(rest)) await hasReplicas(clients[primary] as Redis, others)
  for (const client of clients) client.disconnect()
  return {
    url: `redis+cluster://${ports.map((port) => `127.0.0.1:${port}`).join(',')}`,
    env: {},
    primary: nodes[owner] as Node,
    replicas: nodes.slice(3, 5),
    close: () => closer.close(),
    async failover() {
      const replica = await answers(ports[3] as number)
      await replica.cluster('FAILOVER')
      replica.disconnect()
    },
  }
}

async function hasReplicas(primary: Redis, count: number): Promise<void> {
  await eventually(async () => (await primary.info('replication')).split('state=online').length > count)
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
    await start(port, '--port', String(port), '--cluster-enabled', 'yes')
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
