import { describe, expect, it } from 'vitest'
import type { GroupSummary } from '../../../src/runtime/inspect/groups.ts'
import { reportHealth } from '../../../src/runtime/inspect/report.ts'
import type { StreamDescription } from '../../../src/runtime/inspect/streams.ts'
import { totalByGroup } from '../../../src/runtime/inspect/totals.ts'

const group = (changes: Partial<GroupSummary> = {}): GroupSummary => ({
  stream: 'agent:stream:a',
  group: 'g',
  consumers: 1,
  alive: 1,
  lag: 0,
  lag_exact: true,
  pending: 0,
  oldest_idle_ms: null,
  retrying: 0,
  lost: 0,
  last_delivered_id: '1-0',
  last_delivered_at: null,
  entries_read: 1,
  ...changes,
})

function stream(name: string, length: number, groups: GroupSummary[]): StreamDescription {
  return {
    stream: name,
    type: null,
    length,
    memory: null,
    first_id: null,
    last_id: null,
    last_generated_id: '0-0',
    first_at: null,
    last_at: null,
    entries_added: length,
    groups: groups.length,
    lag: 0,
    lag_exact: true,
    pending: 0,
    consumer_groups: groups,
  }
}

const findings = (changes: Partial<GroupSummary>) =>
  reportHealth([stream('agent:stream:a', 1, [group(changes)])], 60_000).flatMap((row) =>
    row.findings.map(({ finding }) => finding),
  )

describe('reportHealth', () => {
  it.each<[string, Partial<GroupSummary>, string[]]>([
    ['nothing, when all is read', {}, []],
    ['nothing, when somebody works on it', { lag: 9, pending: 3, oldest_idle_ms: 59_999 }, []],
    ['nothing, when nobody reads and nothing waits', { alive: 0 }, []],
    ['nothing about losses that are unknown', { lost: null }, []],
    ['that nobody reads what is new', { alive: 0, lag: 1 }, ['NO CONSUMERS']],
    ['that nobody finishes what is pending', { alive: 0, pending: 1 }, ['NO CONSUMERS']],
    ['what is stuck', { pending: 1, oldest_idle_ms: 60_000 }, ['STUCK']],
    ['what was lost', { lost: 2 }, ['UNREAD LOST']],
    ['that the lag is unknown', { lag: 10_000, lag_exact: false }, ['LAG UNKNOWN']],
    [
      'all of it together',
      { alive: 0, lag: 9, pending: 1, oldest_idle_ms: 90_000, lost: 1, lag_exact: false },
      ['NO CONSUMERS', 'STUCK', 'UNREAD LOST', 'LAG UNKNOWN'],
    ],
  ])('finds %s', (_what, changes, expected) => {
    expect(findings(changes)).toEqual(expected)
  })

  it('finds streams that nobody consumes, except responses and empty ones', () => {
    const rows = reportHealth(
      [
        stream('agent:stream:a', 3, []),
        stream('agent:stream:b', 0, []),
        stream('agent:stream:response:1', 1, []),
      ],
      1,
    )
    expect(rows.map((row) => [row.stream, row.findings.map(({ finding }) => finding)])).toEqual([
      ['agent:stream:a', ['NO GROUPS']],
      ['agent:stream:b', []],
    ])
  })

  it('names the commands that help, with the names to give them', () => {
    const [row] = reportHealth(
      [stream('agent:stream:a', 1, [group({ pending: 1, oldest_idle_ms: 90_000 })])],
      60_000,
    )
    expect(row?.findings[0]?.advice).toContain('agentctl group pending agent:stream:a g --idle 1m')
  })
})

describe('totalByGroup', () => {
  it('adds up the streams of each group', () => {
    const totals = totalByGroup([
      group({ stream: 'a', group: 'y', lag: 2, pending: 1, lost: 1 }),
      group({ stream: 'a', group: 'x', lag: 5 }),
      group({ stream: 'b', group: 'y', lag: 3, lag_exact: false, lost: 2 }),
    ])
    expect(totals.map(({ streams, ...total }) => [total, streams.map((row) => row.stream)])).toEqual([
      [{ group: 'x', lag: 5, lag_exact: true, pending: 0, lost: 0 }, ['a']],
      [{ group: 'y', lag: 5, lag_exact: false, pending: 1, lost: 3 }, ['a', 'b']],
    ])
  })

  it('does not know a loss when that of one stream is unknown', () => {
    const [total] = totalByGroup([group({ stream: 'a', lost: 4 }), group({ stream: 'b', lost: null })])
    expect(total?.lost).toBeNull()
  })
})
