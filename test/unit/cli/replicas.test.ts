import { describe, expect, it } from 'vitest'
import { renderReplicas, withoutPasswords } from '../../../src/cli/replicas.ts'
import type { ReplicaSnapshot, ServeStatus } from '../../../src/runtime/supervisor/index.ts'
import { exampleAutoscale } from '../../support/snapshots.ts'

describe('renderReplicas', () => {
  const replica = (changes: Partial<ReplicaSnapshot>): ReplicaSnapshot => ({
    name: 'worker-1',
    role: 'worker',
    state: 'ready',
    pid: 7,
    restarts: 0,
    ready_since: '2026-01-01T00:00:00.000Z',
    rss: 50 * 1024 * 1024,
    facts: { pool: 'default' },
    last_exit: null,
    failure: null,
    ...changes,
  })
  const status = (...replicas: ReplicaSnapshot[]): ServeStatus => ({
    pid: 1,
    version: '0',
    started_at: '2026-01-01T00:00:00.000Z',
    state_dir: '/x',
    data: 'kept',
    urls: {},
    redis_prompt: null,
    replicas,
  })
  const now = Date.parse('2026-01-01T00:01:15Z')

  it('tells no passwords', () => {
    const shown = withoutPasswords({ ...status(), urls: { redis: 'redis://:hidden@h', gateway: 'http://g' } })
    expect(shown.urls).toEqual({ redis: 'redis://:***@h', gateway: 'http://g' })
  })

  it('shows a replica in a line', () => {
    expect(renderReplicas(status(replica({})), 'table', now)).toMatch(
      /^worker-1 +ready +7 +1m15s +0 +50 MB$/m,
    )
  })

  it('says why one is down', () => {
    const down = { state: 'backoff' as const, pid: null, ready_since: null, rss: null }
    const lines = renderReplicas(
      status(
        replica({ ...down, last_exit: { code: 3, signal: null } }),
        replica({ ...down, last_exit: { code: null, signal: 'SIGKILL' } }),
        replica({ ...down, state: 'failed', failure: { code: 'X', detail: 'no handler', fix: '' } }),
      ),
      'table',
      now,
    )
    expect(lines).toMatch(/exit code 3$/m)
    expect(lines).toMatch(/killed by SIGKILL$/m)
    expect(lines).toMatch(/no handler$/m)
  })

  it('does not dwell on the last exit of one that is ready again', () => {
    const again = replica({ last_exit: { code: 3, signal: null } })
    expect(renderReplicas(status(again), 'table', now)).not.toContain('exit code')
  })

  it('shows below them which roles scale by themselves, and why', () => {
    const autoscale = [
      exampleAutoscale({ last: { at: '2026-01-01T00:01:03Z', from: 1, to: 2, reason: 'many wait' } }),
      exampleAutoscale({ role: 'rag', active: false, replicas: 1, reason: 'scaled by hand', last: null }),
    ]
    const lines = renderReplicas({ ...status(replica({})), autoscale }, 'table', now).split('\n')
    expect(lines.slice(2)).toEqual([
      '',
      'SCALED  BOUNDS   REPLICAS  LAST CHANGE     WHY',
      'worker  1..8            2  1 → 2, 12s ago  3 wait in chat, 12 under way: 2 replicas at 10 each suffice',
      'rag     by hand         1  -               scaled by hand',
    ])
    expect(renderReplicas({ ...status(replica({})), autoscale: [] }, 'table', now)).not.toContain('SCALED')
  })

  it('has forms for programs', () => {
    const two = status(replica({}), replica({ name: 'worker-2' }))
    expect(JSON.parse(renderReplicas(two, 'json', now))).toEqual(two)
    expect(
      renderReplicas(two, 'ndjson', now)
        .split('\n')
        .map((line) => JSON.parse(line).name),
    ).toEqual(['worker-1', 'worker-2'])
    expect(renderReplicas(two, 'name', now)).toBe('worker-1\nworker-2')
    expect(renderReplicas(two, 'wide', now)).toContain('pool=default')
  })
})
