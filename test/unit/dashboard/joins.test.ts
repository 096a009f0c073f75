import { describe, expect, it } from 'vitest'
import type { PoolReplica } from '../../../src/runtime/dashboard/sampling/index.ts'
import { offersFor } from '../../../src/runtime/dashboard/source/offers.ts'
import { paceFor, withinLimits } from '../../../src/runtime/dashboard/source/pace.ts'
import { joinReplicas } from '../../../src/runtime/dashboard/source/replicas.ts'
import { isSameRedis } from '../../../src/runtime/dashboard/source/same-redis.ts'
import { planRestart, planScale } from '../../../src/runtime/dashboard/source/supervision.ts'
import { unknownOf, whyNoLogs } from '../../../src/runtime/dashboard/source/unknown.ts'
import type { ReplicaSnapshot, ServeStatus } from '../../../src/runtime/supervisor/index.ts'
import { exampleAutoscale } from '../../support/snapshots.ts'

const replica = (name: string, more: Partial<ReplicaSnapshot> = {}): ReplicaSnapshot => ({
  name,
  role: name.replace(/-\d+$/, ''),
  state: 'ready',
  pid: 42,
  restarts: 1,
  ready_since: '2026-01-01T00:00:00.000Z',
  rss: 50_000_000,
  facts: {},
  last_exit: null,
  failure: null,
  ...more,
})

const pool = (url: string, more: Partial<PoolReplica> = {}): PoolReplica => ({
  url,
  pool: 'llm',
  load: 3,
  breaker: 'closed',
  history: [1, 2, 3],
  ...more,
})

const status = (...replicas: ReplicaSnapshot[]): ServeStatus => ({
  pid: 1,
  version: '1.0.0',
  started_at: '2026-01-01T00:00:00.000Z',
  state_dir: '/project/.agentctl',
  data: 'kept',
  urls: {},
  redis_prompt: null,
  replicas,
})

describe('replicas', () => {
  it('are joined with what the balancer knows of their URLs', () => {
    const rows = joinReplicas(
      [
        replica('worker-1'),
        replica('llm-1', { facts: { url: 'http://127.0.0.1:8001' } }),
        replica('llm-2', { facts: { url: 'http://0.0.0.0:9', advertised: 'http://10.0.0.1:9/' } }),
      ],
      [
        pool('http://10.0.0.1:9'),
        pool('http://127.0.0.1:8001/', { load: 0, breaker: 'open' }),
        pool('http://10.0.0.7:9'),
      ],
    )
    expect(
      rows.map(({ name, role, state, pool: known, history }) => [
        name,
        role,
        state,
        known?.load,
        history.length,
      ]),
    ).toEqual([
      ['worker-1', 'worker', 'ready', undefined, 0],
      ['llm-1', 'llm', 'ready', 0, 3],
      ['llm-2', 'llm', 'ready', 3, 3],
      ['http://10.0.0.7:9', 'llm', null, 3, 3],
    ])
    expect(rows[1]?.pool).toEqual({ pool: 'llm', load: 0, breaker: 'open' })
  })

  it('have names of their own also where a URL is in two pools, and show no passwords', () => {
    const rows = joinReplicas(
      [replica('redis-1', { facts: { url: 'redis://:secret@h:1' } })],
      [pool('http://me:secret@h'), pool('http://me:secret@h', { pool: 'campaigns' })],
    )
    expect(rows.map(({ name }) => name)).toEqual([
      'redis-1',
      'http://me:***@h',
      'http://me:***@h (campaigns)',
    ])
    expect(JSON.stringify(rows)).not.toContain('secret')
  })

  it.each([
    [{ code: 3, signal: null }, 'exit code 3'],
    [{ code: null, signal: 'SIGKILL' }, 'killed by SIGKILL'],
    [{ code: null, signal: null }, 'could not be started'],
    [null, null],
  ])('say how they ended: %j', (last_exit, text) => {
    expect(joinReplicas([replica('worker-1', { last_exit })], [])[0]?.last_exit).toBe(text)
  })

  it('say why they failed, with the code', () => {
    const failure = { code: 'CHAT_HANDLER_MISSING', detail: 'there is no x.ts', fix: '' }
    expect(joinReplicas([replica('worker-1', { failure })], [])[0]?.failure).toBe(
      'there is no x.ts (CHAT_HANDLER_MISSING)',
    )
  })
})

describe('offers', () => {
  const rows = joinReplicas(
    [replica('worker-1'), replica('worker-2'), replica('redis-1')],
    [pool('http://h')],
  )
  const means = { readOnly: false, replicas: rows }
  const titles = (...args: Parameters<typeof offersFor>) => offersFor(...args).map(({ title }) => title)

  it('are for what the serve runs', () => {
    expect(titles({ kind: 'replica', name: 'worker-1', role: 'worker' }, means)).toEqual(['Restart worker-1'])
    expect(titles({ kind: 'replica', name: 'http://h', role: 'llm' }, means)).toEqual([])
    expect(titles({ kind: 'role', role: 'worker', replicas: 2 }, means)).toEqual([
      'Restart all 2 of worker',
      'Scale worker to 3',
      'Scale worker to 1',
    ])
    expect(titles({ kind: 'role', role: 'llm', replicas: 1 }, means)).toEqual([])
  })

  it('never scale what keeps the data, nor beyond the limits', () => {
    expect(titles({ kind: 'role', role: 'redis', replicas: 1 }, means)).toEqual(['Restart redis'])
    expect(titles({ kind: 'role', role: 'worker', replicas: 64 }, means)).toEqual([
      'Restart all 64 of worker',
      'Scale worker to 63',
    ])
  })

  it('are for dead letters, one or all', () => {
    expect(titles({ kind: 'letters', type: 'a.b' }, means)).toEqual(['Retry all of a.b', 'Purge all of a.b'])
    expect(offersFor({ kind: 'letter', type: 'a.b', id: '1-0' }, means)[0]).toEqual({
      title: 'Retry dead letter 1-0',
      action: { kind: 'retry-letters', type: 'a.b', ids: ['1-0'] },
    })
  })

  it.each([
    { kind: 'replica', name: 'worker-1', role: 'worker' },
    { kind: 'role', role: 'worker', replicas: 2 },
    { kind: 'letters', type: 'a.b' },
    { kind: 'letter', type: 'a.b', id: '1-0' },
  ] as const)('are none to those who only look: $kind', (target) => {
    expect(offersFor(target, { ...means, readOnly: true })).toEqual([])
  })
})

describe('plans', () => {
  const now = status(replica('redis-1'), replica('gateway-1'), replica('worker-1'), replica('worker-2'))

  it('name what is restarted, and who is missed meanwhile', () => {
    expect(planRestart(now, 'worker/1')).toEqual({ what: 'Restart worker-1', warnings: [], typed: null })
    expect(planRestart(now, 'worker').what).toBe('Restart 2 replicas, one after another: worker-1, worker-2')
    expect(planRestart(now, 'gateway-1').warnings).toEqual([])
    expect(planRestart(now, 'redis').warnings).toEqual([expect.stringContaining('waits until it is back')])
    expect(planRestart(now, 'all').what).not.toContain('redis')
    expect(() => planRestart(now, 'wroker')).toThrow(
      expect.objectContaining({ code: 'SERVE_TARGET_UNKNOWN' }),
    )
  })

  it('say from how many to how many, and what scaling to nothing means', () => {
    expect(planScale(now, 'worker', 3)).toEqual({
      what: 'Scale worker from 2 to 3 replicas',
      warnings: [],
      typed: null,
    })
    expect(planScale(now, 'worker', 1).warnings).toEqual([
      expect.stringContaining('finish the work under way'),
    ])
    expect(planScale(now, 'worker', 0).warnings).toEqual([expect.stringContaining('agentctl scale worker=2')])
    const autoscale = [exampleAutoscale(), exampleAutoscale({ role: 'rag' })]
    expect(planScale({ ...now, autoscale }, 'worker', 3).warnings).toEqual([
      expect.stringContaining('agentctl scale worker=1..8'),
    ])
    const byHand = [exampleAutoscale({ active: false })]
    expect(planScale({ ...now, autoscale: byHand }, 'worker', 3).warnings).toEqual([])
    expect(planScale(now, 'redis', 0).warnings).toEqual([expect.stringContaining('keeps the data')])
  })

  it.each([-1, 65, 1.5, Number.NaN])('refuse %d replicas', (count) => {
    expect(() => planScale(now, 'worker', count)).toThrow(
      expect.objectContaining({ code: 'SERVE_ROLES_INVALID' }),
    )
  })
})

describe('what is unknown', () => {
  const state = '/project/.agentctl'

  it('is much without a serve, each with what to type', () => {
    const unknown = unknownOf({
      serve: { kind: 'none' },
      state,
      mute: ['worker-1'],
      refusals: [{ url: 'http://h', why: 'refused' }],
    })
    expect(unknown.map(({ pane }) => pane)).toEqual(['replicas', 'latency', 'logs', 'latency'])
    expect(unknown.every(({ fix }) => /agentctl|--/.test(fix))).toBe(true)
    expect(unknown[1]?.fix).toContain('--metrics-port')
    expect(unknown[3]?.what).toBe('http://h/metrics cannot be read: refused')
    expect(whyNoLogs({ kind: 'none' }, state)).toMatch(
      /^No serve runs in \/project\/\.agentctl\. Start one with `agentctl serve`/,
    )
  })

  it('is little with one: who did not answer although it is ready', () => {
    const serve = {
      kind: 'up',
      status: status(replica('worker-1'), replica('worker-2', { state: 'starting' })),
    } as const
    const unknown = unknownOf({ serve, state, mute: ['worker-1', 'worker-2'], refusals: [] })
    expect(unknown.map(({ what }) => what)).toEqual(['worker-1 did not say what it measures'])
    expect(whyNoLogs(serve, state)).toBeNull()
  })

  it('tells a serve that hangs, or works for another Redis, from none', () => {
    expect(whyNoLogs({ kind: 'silent' }, state)).toContain('does not answer')
    expect(whyNoLogs({ kind: 'elsewhere', redis: 'redis://:secret@h:1' }, state)).toContain(
      'another Redis, redis://:***@h:1',
    )
  })
})

describe('two URLs of Redis', () => {
  it.each([
    ['redis://127.0.0.1:6379', 'redis://localhost', true],
    ['redis://localhost:6379/0', 'rediss://user:secret@127.0.0.1', true],
    ['redis://h:1/3', 'redis://h:1?db=3', true],
    ['redis+cluster://b:1,a:2', 'redis+cluster://a:2,b:1', true],
    ['redis://h:1', 'redis://h:2', false],
    ['redis://h:1/1', 'redis://h:1/2', false],
    ['redis+sentinel://h/one', 'redis+sentinel://h/two', false],
    ['redis+unix:///a.sock', 'redis+unix:///b.sock', false],
    ['nonsense', 'nonsense', true],
  ])('%s and %s: the same is %s', (a, b, same) => {
    expect(isSameRedis(a, b)).toBe(same)
    expect(isSameRedis(b, a)).toBe(same)
  })
})

describe('the pace', () => {
  it('slows down when a sample takes more than half of the interval', () => {
    expect(paceFor(1_000, 20)).toBe(1_000)
    expect(paceFor(1_000, 500)).toBe(1_000)
    expect(paceFor(1_000, 800)).toBe(1_600)
    expect(paceFor(1_000, 100_000)).toBe(60_000)
  })

  it('stays within limits', () => {
    expect([withinLimits(1), withinLimits(1_500.4), withinLimits(1e9)]).toEqual([250, 1_500, 60_000])
  })
})
