import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Area, type Examination, examine } from '../../../src/runtime/doctor/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

const STREAM = 'agent:stream:task.created'
const GROUP = 'agent-group'
const folder = mkdtempSync(join(tmpdir(), 'agentctl-doctor-'))
let server: TestRedis
let redis: RedisClient

beforeAll(async () => {
  server = await startTestRedis(false)
  redis = server.connect()
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => redis.flushall())

function look(only: readonly Area[], redisUrl = server.url, more = {}): Promise<Examination> {
  return examine({
    version: '1.2.3',
    values: { redisUrl, stateDir: join(folder, 'state'), context: 'local' },
    schemas: [],
    terminal: { tty: false, columns: undefined, depth: 1 },
    env: {},
    cwd: folder,
    only,
    ...more,
  })
}

/** What one check has found. */
async function findings(check: string, only: Area) {
  return (await look([only])).findings.filter((finding) => finding.check === check)
}

describe('a Redis that is well', () => {
  it('gives nothing to worry about', async () => {
    const { findings, redis: shown, context } = await look(['redis', 'data', 'streams', 'queues'])
    // How fast it answers says something of the machine that the tests run on, too.
    const bad = findings.filter(({ level, check }) => /warn|error/.test(level) && check !== 'redis-latency')
    expect(bad).toEqual([])
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['redis-reachable', 'redis-version', 'redis-clock', 'keys', 'groups', 'queues']),
    )
    expect([shown, context]).toEqual([server.url, null])
  })
})

describe('a Redis that is set up badly', () => {
  it('has an eviction policy that loses data, more so with a limit', async () => {
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    expect(await findings('redis-eviction', 'redis')).toMatchObject([
      { level: 'warn', what: 'maxmemory-policy is allkeys-lru', fix: expect.stringContaining('noeviction') },
    ])
    await redis.config('SET', 'maxmemory', '100mb')
    expect(await findings('redis-eviction', 'redis')).toMatchObject([{ level: 'error' }])
    await redis.config('SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '0')
  })

  it('writes no append-only file', async () => {
    await redis.config('SET', 'appendonly', 'no')
    expect(await findings('redis-durability', 'redis')).toMatchObject([{ level: 'warn' }])
    await redis.config('SET', 'appendonly', 'yes')
    expect(await findings('redis-durability', 'redis')).toMatchObject([{ level: 'ok' }])
  })

  it('leaves subscribers no room', async () => {
    await redis.config('SET', 'client-output-buffer-limit', 'pubsub 1mb 1mb 60')
    expect(await findings('redis-buffers', 'redis')).toMatchObject([{ level: 'warn' }])
    await redis.config('SET', 'client-output-buffer-limit', 'pubsub 32mb 8mb 60')
  })

  it('has another clock, as far as this machine can tell', async () => {
    const { findings } = await look(['redis'], server.url, { now: () => Date.now() - 60_000 })
    expect(findings.find(({ check }) => check === 'redis-clock')).toMatchObject({
      level: 'error',
      what: expect.stringMatching(/^The clock of Redis is (5|6)\d\.\d s ahead/),
    })
  })
})

describe('a Redis that cannot be used', () => {
  it('is said to be away, and the rest is looked at all the same', async () => {
    const examination = await look(['redis', 'streams', 'machine'], 'redis://:hidden@127.0.0.1:1')
    expect(examination.findings.filter(({ area }) => area !== 'machine')).toMatchObject([
      { check: 'redis-reachable', level: 'error', what: expect.stringContaining('ECONNREFUSED') },
    ])
    expect(examination.findings.some(({ check }) => check === 'disk')).toBe(true)
    expect(JSON.stringify(examination)).not.toContain('hidden')
  })

  it('wants a password, or another one, and says so at once', async () => {
    await redis.config('SET', 'requirepass', 'right-password')
    try {
      const without = (await look(['redis'])).findings
      expect(without).toMatchObject([
        { what: expect.stringContaining('NOAUTH'), fix: expect.stringContaining('password into the URL') },
      ])
      const wrong = (await look(['redis'], server.url.replace('//', '//:wrong-password@'))).findings
      expect(wrong).toMatchObject([{ level: 'error', what: expect.stringContaining('WRONGPASS') }])
      expect(JSON.stringify(wrong)).not.toContain('wrong-password')
      const right = (await look(['redis'], server.url.replace('//', '//:right-password@'))).findings
      expect(right[0]).toMatchObject({ check: 'redis-reachable', level: 'ok' })
    } finally {
      await redis.config('SET', 'requirepass', '')
    }
  })

  it('takes connections and says nothing', async () => {
    const mute: Server = createServer((socket) => socket.on('error', () => {}))
    await new Promise<void>((listening) => mute.listen(0, '127.0.0.1', listening))
    const { port } = mute.address() as { port: number }
    const sockets = new Set<import('node:net').Socket>()
    mute.on('connection', (socket) => sockets.add(socket))
    const { findings } = await look(['redis'], `redis://127.0.0.1:${port}`)
    expect(findings).toMatchObject([{ level: 'error', what: expect.stringContaining('no answer within') }])
    for (const socket of sockets) socket.destroy()
    await new Promise((closed) => mute.close(closed))
  })

  it('has a URL that is none', async () => {
    const { findings } = await look(['redis'], 'http://127.0.0.1:1')
    expect(findings).toMatchObject([{ what: expect.stringContaining('not a Redis URL') }])
  })
})

describe('what is in Redis', () => {
  it('has a group that nobody serves, and one that is stuck', async () => {
    for (let i = 0; i < 3; i++) await redis.xadd(STREAM, '*', 'data', '{}')
    await redis.xgroup('CREATE', STREAM, GROUP, '0')
    expect(await findings('groups', 'streams')).toMatchObject([
      { level: 'error', what: `NO CONSUMERS: ${STREAM} ${GROUP} (3 unread, 0 pending)` },
    ])
    await redis.xreadgroup('GROUP', GROUP, 'c1', 'COUNT', 3, 'STREAMS', STREAM, '>')
    expect(await findings('groups', 'streams')).toMatchObject([{ level: 'ok' }])
    const [raw] = (await redis.xrange(STREAM, '-', '+', 'COUNT', 1)) as [string, string[]][]
    await redis.call('XCLAIM', STREAM, GROUP, 'c1', 0, raw?.[0] ?? '', 'IDLE', 3_600_000, 'JUSTID')
    expect(await findings('groups', 'streams')).toMatchObject([
      { level: 'warn', what: `STUCK: ${STREAM} ${GROUP}`, fix: expect.stringContaining('group claim') },
    ])
  })

  it('has dead letters, of which some cannot be decoded', async () => {
    await redis.xadd('agent:dlq:task.created', '*', 'data', 'x', 'x-reason', 'undecodable')
    await redis.xadd('agent:dlq:task.created', '*', 'data', 'x', 'x-reason', 'max-deliveries')
    expect(await findings('dead-letters', 'streams')).toMatchObject([
      {
        level: 'warn',
        what: expect.stringMatching(/^2 dead letters of task\.created.*at least 1 cannot be decoded$/),
      },
    ])
  })

  it('has keys of ours that are of another type, or that never end', async () => {
    await redis.rpush('agent:stream:list', 'x')
    await redis.xadd('agent:stream:response:abc', '*', 'data', 'x')
    await redis.set('somebody:elses', 'x')
    expect(await findings('keys', 'data')).toMatchObject([
      { level: 'error', what: expect.stringContaining('agent:stream:list (list)') },
      { level: 'warn', what: expect.stringContaining('agent:stream:response:abc') },
    ])
    await redis.expire('agent:stream:response:abc', 60)
    await redis.del('agent:stream:list')
    expect(await findings('keys', 'data')).toMatchObject([{ level: 'ok', what: 'Nothing wrong with 2 keys' }])
  })

  it('has jobs that failed, and jobs whose worker is gone', async () => {
    await redis.zadd('{chat}:default:failed', 1, 'a')
    await redis.lpush('{chat}:default:active', 'b', 'c')
    await redis.set('{chat}:default:c:lock', 'x')
    expect(await findings('queues', 'queues')).toMatchObject([
      { level: 'warn', what: '1 job of the queue chat is held by workers that are gone' },
      { level: 'warn', what: '1 job of the queue chat has failed for good' },
    ])
  })

  it('is never changed, nor looked through with KEYS', async () => {
    await redis.xadd(STREAM, '*', 'data', '{}')
    await redis.config('RESETSTAT')
    await look(['redis', 'data', 'streams', 'queues'])
    const stats = await redis.info('commandstats')
    const used = [...stats.matchAll(/^cmdstat_([^:]+):/gm)].map(([, name]) => name)
    expect(used).toContain('scan')
    for (const name of [
      'keys',
      'set',
      'del',
      'xadd',
      'xgroup|create',
      'xreadgroup',
      'config|set',
      'flushall',
    ])
      expect(used).not.toContain(name)
  })
})

describe('a bundle', () => {
  it('holds what is needed, without secrets, and is never written over another file', async () => {
    await redis.xadd(STREAM, '*', 'data', 'of somebody')
    const more = { bundle: 'report.tar.gz', env: { AGENTCTL_LLM_API_KEY: 'very-secret-key' } }
    const { bundle } = await look(['redis'], server.url, { ...more, settings: () => ['very-secret-key'] })
    expect(bundle).toBe(join(folder, 'report.tar.gz'))
    const { gunzipSync } = await import('node:zlib')
    const text = gunzipSync(readFileSync(bundle ?? '')).toString()
    for (const part of [
      'README.txt',
      'findings.json',
      'redis/info.txt',
      'redis_version:',
      'redis/streams.json',
      STREAM,
    ])
      expect(text).toContain(part)
    expect(text).not.toContain('very-secret-key')
    expect(text).not.toContain('of somebody')
    await expect(look(['redis'], server.url, more)).rejects.toMatchObject({ code: 'BUNDLE_NOT_WRITTEN' })
  })
})
