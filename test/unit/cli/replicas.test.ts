import { describe, expect, it } from 'vitest'
import { formatAge, renderReplicas } from '../../../src/cli/replicas.ts'
import type { ReplicaSnapshot, ServeStatus } from '../../../src/runtime/supervisor/index.ts'

describe('formatAge', () => {
  it.each([
    [-5, '0s'],
    [0, '0s'],
    [999, '0s'],
    [59_999, '59s'],
    [60_000, '1m0s'],
    [75_000, '1m15s'],
    [3_600_000, '1h0m'],
    [86_399_000, '23h59m'],
    [90_000_000, '1d1h'],
  ])('writes %d ms as %j', (ms, text) => {
    expect(formatAge(ms)).toBe(text)
  })
})

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
