import { describe, expect, it } from 'vitest'
import {
  judgeBuffers,
  judgeClients,
  judgeLatency,
  judgeMemory,
} from '../../../src/runtime/doctor/checks/redis-load.ts'
import { judgeClock, judgeCluster, judgeReplication } from '../../../src/runtime/doctor/checks/redis-place.ts'
import {
  judgeDurability,
  judgeEviction,
  judgeVersion,
} from '../../../src/runtime/doctor/checks/redis-server.ts'
import { parseInfo } from '../../../src/runtime/doctor/nodes.ts'
import { explain } from '../../../src/runtime/doctor/reach-redis.ts'

const node = (info: Record<string, string>, name = '') => ({ name, info, text: '' })
const levels = (remarks: readonly { level: string }[]) => remarks.map(({ level }) => level)

describe('INFO', () => {
  it('is read line by line, whatever is in a value', () => {
    const text = '# Server\r\nredis_version:7.0.15\r\nos:Linux: 6.1\r\n\r\nempty:\r\n:nameless\r\n'
    expect(parseInfo(text)).toEqual({ redis_version: '7.0.15', os: 'Linux: 6.1', empty: '' })
  })
})

describe('the version of Redis', () => {
  it.each([
    ['6.0.20', 'error'],
    ['6.2.0', 'warn'],
    ['7.0.15', 'info'],
    ['7.2.0', 'ok'],
    ['8.10.1', 'ok'],
    ['10.0.0', 'ok'],
    ['', 'error'],
  ])('%s is %s', (version, level) => {
    expect(judgeVersion(node({ redis_version: version })).level).toBe(level)
  })

  it('of Valkey is judged by the Redis it stands for, and shown as its own', () => {
    const remark = judgeVersion(node({ redis_version: '7.2.4', valkey_version: '8.1.0' }))
    expect(remark).toMatchObject({ level: 'ok', what: 'Valkey 8.1.0' })
  })
})

describe('what Redis keeps', () => {
  it('is fine with an append-only file, and not without', () => {
    expect(judgeDurability(node({ aof_enabled: '1', aof_last_write_status: 'ok' }))).toMatchObject([
      { level: 'ok' },
    ])
    expect(judgeDurability(node({ aof_enabled: '0' }, 'a:1'))).toMatchObject([
      {
        level: 'warn',
        what: 'Redis of a:1 writes no append-only file',
        fix: expect.stringContaining('appendonly yes'),
      },
    ])
    const broken = {
      aof_enabled: '1',
      aof_last_write_status: 'err',
      rdb_last_bgsave_status: 'err',
      loading: '1',
    }
    expect(levels(judgeDurability(node(broken)))).toEqual(['warn', 'error', 'error'])
  })

  it.each([
    [{ maxmemory_policy: 'noeviction', maxmemory: '1' }, ['ok']],
    [{ maxmemory_policy: 'allkeys-lru', maxmemory: '0' }, ['warn']],
    [{ maxmemory_policy: 'volatile-lru', maxmemory: '100' }, ['error']],
    [{ maxmemory_policy: 'allkeys-lru', maxmemory: '100', evicted_keys: '7' }, ['error', 'error']],
    [{}, ['ok']],
  ])('is judged by its eviction: %j', (info, expected) => {
    expect(levels(judgeEviction(node(info as Record<string, string>)))).toEqual(expected)
  })
})

describe('the load of Redis', () => {
  it.each([
    [{ used_memory: '50', maxmemory: '100' }, 'ok'],
    [{ used_memory: '80', maxmemory: '100' }, 'warn'],
    [{ used_memory: '95', maxmemory: '100' }, 'error'],
    [{ used_memory: '90', maxmemory: '0', total_system_memory: '100' }, 'warn'],
    [{ used_memory: '90', maxmemory: '0' }, 'ok'],
  ])('of memory %j is %s', (info, level) => {
    expect(judgeMemory(node(info as Record<string, string>))[0]?.level).toBe(level)
  })

  it('of clients counts those it has refused', () => {
    expect(levels(judgeClients(node({ connected_clients: '10', maxclients: '100' })))).toEqual(['ok'])
    const full = { connected_clients: '96', maxclients: '100', rejected_connections: '3' }
    expect(levels(judgeClients(node(full)))).toEqual(['error', 'warn'])
  })

  it('is the median of the pings: one hiccup is none', () => {
    expect(judgeLatency([1, 1, 1, 900, 1]).level).toBe('ok')
    expect(judgeLatency([12, 12, 1]).level).toBe('warn')
  })

  it('leaves subscribers room', () => {
    expect(judgeBuffers('normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60').level).toBe(
      'ok',
    )
    expect(judgeBuffers('normal 0 0 0 pubsub 0 0 0').level).toBe('ok')
    expect(judgeBuffers('normal 0 0 0 pubsub 1048576 0 0').level).toBe('warn')
  })
})

describe('where Redis stands', () => {
  it('is judged by its replicas', () => {
    expect(judgeReplication(node({ role: 'slave', master_host: 'm', master_port: '1' }))).toMatchObject([
      { level: 'error', what: 'Redis is a replica of m:1' },
    ])
    expect(judgeReplication(node({ role: 'master' }))[0]?.level).toBe('info')
    expect(judgeReplication(node({ role: 'master', slave0: 'ip=x,state=online,lag=0' }))[0]?.level).toBe('ok')
    const behind = {
      role: 'master',
      slave0: 'state=online',
      slave1: 'state=wait_bgsave',
      slave_read_only: '1',
    }
    expect(judgeReplication(node(behind))).toMatchObject([
      { level: 'warn', what: expect.stringMatching(/^1 of 2/) },
    ])
  })

  it('in a cluster is judged by its slots', () => {
    const state =
      'cluster_state:ok\r\ncluster_slots_ok:16384\r\ncluster_slots_fail:0\r\ncluster_size:3\r\ncluster_known_nodes:6\r\n'
    expect(judgeCluster(state)).toMatchObject({
      level: 'ok',
      what: 'The cluster is well: 3 primaries, 6 servers',
    })
    expect(judgeCluster(state.replace('state:ok', 'state:fail')).level).toBe('error')
  })

  it.each([
    [0, 0, 'ok'],
    [999, 0, 'ok'],
    [-1_500, 600, 'ok'],
    [1_500, 100, 'warn'],
    [-5_000, 100, 'warn'],
    [31_000, 0, 'error'],
  ])('by clocks %i ms apart, measured within %i ms, is %s', (ahead, doubt, level) => {
    expect(judgeClock({ ahead, doubt }).level).toBe(level)
  })

  it('says which clock is ahead', () => {
    expect(judgeClock({ ahead: -5_000, doubt: 0 }).what).toContain('5.0 s behind')
    expect(judgeClock({ ahead: 5_000, doubt: 0 }).what).toContain('5.0 s ahead of')
  })
})

describe('a Redis that cannot be reached', () => {
  it.each([
    ['NOAUTH Authentication required.', 'password into the URL'],
    ['WRONGPASS invalid username-password pair', 'password into the URL'],
    ['getaddrinfo ENOTFOUND redis.x', 'name of the host'],
    ['self-signed certificate', 'rediss://'],
    ['LOADING Redis is loading', 'Wait'],
    ['connect ECONNREFUSED 127.0.0.1:1', 'agentctl serve'],
  ])('with "%s" has a fix that says "%s", and no password', (problem, fix) => {
    const trouble = explain('redis://u:secret@h:1', problem)
    expect(trouble.fix).toContain(fix)
    expect(trouble.what).toContain(problem)
    expect(trouble.what).not.toContain('secret')
  })
})
