import { describe, expect, it } from 'vitest'
import type { AutoscaleRow } from '../../../../src/runtime/dashboard/index.ts'
import type { DetailInput, DetailPage } from '../../../../src/ui/dash/detail.ts'
import { describeDetail } from '../../../../src/ui/dash/details/index.ts'
import type { DetailRef } from '../../../../src/ui/dash/pane.ts'
import { textOfLine, widthOfLine } from '../../../../src/ui/dash/parts.ts'
import { exampleLetter } from '../../../support/letters.ts'
import {
  exampleAutoscale,
  exampleGroup,
  exampleReplica,
  exampleSnapshot,
  HOSTILE,
  hostileSnapshot,
  before as secondsAgo,
} from '../../../support/snapshots.ts'

const STREAM = 'agent:stream:task.created'

const entry = {
  id: '1767355199000-0',
  at: secondsAgo(1),
  fields: { type: 'task.created', data: '{"user":{"id":7},"tags":["a","b"]}', note: 'plain text' },
}

const loaded: DetailInput['loaded'] = {
  stream: { stream: STREAM, entries: [entry] },
  entry,
  group: {
    stream: STREAM,
    group: 'billing',
    consumers: [
      { consumer: 'worker-1', pending: 2, idle_ms: 1_000, inactive_ms: 2_000, alive: true },
      { consumer: 'worker-9', pending: 1, idle_ms: 900_000, inactive_ms: null, alive: false },
    ],
    pending: [
      { id: '1-0', consumer: 'worker-9', idle_ms: 900_000, deliveries: 4, gone: false, retry_at: null },
      { id: '2-0', consumer: 'worker-1', idle_ms: 10, deliveries: 1, gone: true, retry_at: null },
      { id: '3-0', consumer: 'worker-1', idle_ms: 10, deliveries: 2, gone: false, retry_at: secondsAgo(-30) },
    ],
  },
  letters: [
    exampleLetter(),
    exampleLetter({ id: '1767355100000-0', error: 'Error: later', time: secondsAgo(100) }),
  ],
}

function pageOf(reference: DetailRef, overrides: Partial<DetailInput> = {}): DetailPage {
  return describeDetail({
    reference,
    snapshot: exampleSnapshot(),
    loaded,
    logs: [
      { time: secondsAgo(9), replica: 'worker-1', line: '{"level":40,"msg":"slow","ms":12}' },
      { time: secondsAgo(8), replica: 'worker-2', line: 'of another' },
      { time: secondsAgo(7), replica: 'worker-1', line: 'raw \u001b[31mline' },
    ],
    width: 78,
    ...overrides,
  })
}

const textOf = ({ lines }: DetailPage) => lines.map(({ parts }) => textOfLine(parts).trimEnd())
const opened = ({ lines }: DetailPage) => lines.flatMap(({ open }) => (open ? [open] : []))

describe('details', () => {
  it('of a stream: its groups and newest entries, which can be opened', () => {
    const page = pageOf({ kind: 'stream', stream: STREAM })
    expect(page.title).toBe(STREAM)
    expect(textOf(page)).toMatchInlineSnapshot(`
      [
        "Kind        events",
        "Length      1200 (3.4/s in, 6.8/s out)",
        "Behind      lag 7, 3 pending",
        "Last entry  1767355199000-0",
        "Added       2026-01-02T11:59:59.000Z (1s ago)",
        "",
        "Groups",
        "GROUP       LAG   PENDING   OLDEST   ALIVE  STATE          OUT/S  LAG TREND",
        "billing       0         0        -     2/2  ok               3.4          ▁█▁▁",
        "audit         7         3       4s     2/2  ok               3.4          ▁█▁▁",
        "",
        "Newest entries  1 of 1200",
        "ID                  AGE  FIELDS",
        "1767355199000-0      1s  type=task.created data={"user":{"id":7},"tags":["a",…",
      ]
    `)
    expect(opened(page)).toEqual([
      { kind: 'group', stream: STREAM, group: 'billing' },
      { kind: 'group', stream: STREAM, group: 'audit' },
      { kind: 'entry', stream: STREAM, id: '1767355199000-0' },
    ])
  })

  it('of a group: its consumers and what they have not finished', () => {
    const snapshot = exampleSnapshot({ groups: [exampleGroup({ pending: 70, lag: null })] })
    const page = pageOf({ kind: 'group', stream: STREAM, group: 'billing' }, { snapshot })
    expect(textOf(page)).toMatchInlineSnapshot(`
      [
        "State       lag unknown",
        "Lag         ? (Redis cannot tell: entries were deleted)",
        "Pending     70",
        "Alive       2 of 2 consumers",
        "Delivered   1767355199000-0, 3.4/s",
        "",
        "Consumers",
        "CONSUMER    PENDING    IDLE  INACTIVE  STATE",
        "worker-1          2      1s        2s  alive",
        "worker-9          1   15m0s         -  silent",
        "",
        "Pending entries  oldest 3 of 70",
        "ID   CONSUMER     IDLE  DELIVERIES  NOTE",
        "1-0  worker-9    15m0s           4",
        "2-0  worker-1       0s           1  no longer in the stream",
        "3-0  worker-1       0s           2  retried in 30s",
      ]
    `)
    expect(opened(page)).toHaveLength(3)
  })

  it('of an entry: fields, JSON with a line for each part', () => {
    const page = pageOf({ kind: 'entry', stream: STREAM, id: '1767355199000-0' })
    expect(textOf(page)).toMatchInlineSnapshot(`
      [
        "Stream      agent:stream:task.created",
        "Id          1767355199000-0",
        "Added       2026-01-02T11:59:59.000Z (1s ago)",
        "",
        "Fields",
        "type",
        "  task.created",
        "data",
        "  {",
        "    "user": {",
        "      "id": 7",
        "    },",
        "    "tags": [",
        "      "a",",
        "      "b"",
        "    ]",
        "  }",
        "note",
        "  plain text",
      ]
    `)
  })

  it('of a group in which nothing is to be done: who is alive cannot be known of an old Redis', () => {
    const consumer = { consumer: 'worker-1', pending: 0, idle_ms: 900_000, inactive_ms: null, alive: false }
    const group = { stream: STREAM, group: 'billing', consumers: [consumer], pending: [] }
    const shown = (row: Partial<Parameters<typeof exampleGroup>[0]>) => {
      const groups = [exampleGroup({ consumers: 1, pending: 0, ...row })]
      const reference = { kind: 'group', stream: STREAM, group: 'billing' } as const
      return textOf(pageOf(reference, { snapshot: exampleSnapshot({ groups }), loaded: { group } })).join(
        '\n',
      )
    }
    const quiet = shown({ lag: 0, alive: null })
    expect(quiet).toContain('? of 1 consumers (before 7.2, Redis tells only when')
    expect(quiet).toMatch(/worker-1 .* idle/)
    const behind = shown({ lag: 5, alive: 0 })
    expect(behind).toContain('0 of 1 consumers\n')
    expect(behind).toMatch(/worker-1 .* silent/)
  })

  it('of a role: its replicas, which can be opened and restarted', () => {
    const page = pageOf({ kind: 'role', role: 'worker' })
    expect(page.title).toBe('Role worker')
    expect(opened(page)).toEqual([
      { kind: 'replica', name: 'worker-1' },
      { kind: 'replica', name: 'worker-2' },
    ])
    expect(page.lines.find(({ target }) => target)?.target).toEqual({
      kind: 'replica',
      name: 'worker-1',
      role: 'worker',
    })
  })

  it('of a role that scales by itself: between which bounds, why, and what was done last', () => {
    const shown = (autoscale: AutoscaleRow) =>
      textOf(
        pageOf({ kind: 'role', role: 'worker' }, { snapshot: exampleSnapshot({ autoscale: [autoscale] }) }),
      ).join('\n')
    const text = shown(exampleAutoscale())
    expect(text).toMatch(/Scaled +1\.\.8 by itself, 2 now: 3 wait in chat/)
    expect(text).toMatch(/Last change +1 → 2, 1m15s ago: 8 wait in chat/)
    const byHand = shown(exampleAutoscale({ active: false, reason: 'scaled by hand', last: null }))
    expect(byHand).toMatch(/Scaled +scaled by hand; was 1\.\.8 by itself/)
    expect(byHand).not.toContain('Last change')
  })

  it('of a replica: why it failed, and its own log', () => {
    const snapshot = exampleSnapshot({
      replicas: [exampleReplica({ state: 'backoff', failure: 'port taken', last_exit: 'exit code 1' })],
    })
    const lines = textOf(pageOf({ kind: 'replica', name: 'worker-1' }, { snapshot }))
    const text = lines.join('\n')
    for (const part of ['backoff', 'port taken', 'exit code 1', 'slow', 'raw ␛[31mline'])
      expect(text).toContain(part)
    expect(text).not.toContain('of another')
  })

  it('of dead letters: the newest first', () => {
    const snapshot = exampleSnapshot({
      dead_letters: [{ type: 'task.created', count: 9, oldest: secondsAgo(300), newest: secondsAgo(100) }],
    })
    const page = pageOf({ kind: 'letters', type: 'task.created' }, { snapshot })
    expect(textOf(page)).toMatchInlineSnapshot(`
      [
        "Count       9, of which 2 were read",
        "",
        "ID                  AGE  REASON          GROUP     TRIES  ERROR",
        "1767355100000-0   1m40s  max_deliveries  billing       5  Error: later",
        "1767355000000-0    5m0s  max_deliveries  billing       5  Error: the bank is …",
      ]
    `)
    expect(page.lines.flatMap(({ target }) => (target ? [target] : []))).toEqual([
      { kind: 'letter', type: 'task.created', id: '1767355100000-0' },
      { kind: 'letter', type: 'task.created', id: '1767355000000-0' },
    ])
  })

  it('of a dead letter: reason, error, origin and fields', () => {
    const page = pageOf({ kind: 'letter', type: 'task.created', id: '1767355000000-0' })
    expect(textOf(page)).toMatchInlineSnapshot(`
      [
        "Reason      max_deliveries",
        "Error       Error: the bank is closed",
        "Given up    2026-01-02T11:55:00.000Z (5m0s ago)",
        "Deliveries  5",
        "",
        "Comes from",
        "Stream      agent:stream:task.created",
        "Group       billing",
        "Consumer    worker-1",
        "Entry       1767354000000-0",
        "",
        "Fields",
        "type",
        "  task.created",
        "data",
        "  {",
        "    "id": 7,",
        "    "tags": [",
        "      "a",",
        "      "b"",
        "    ]",
        "  }",
      ]
    `)
    expect(opened(page)).toEqual([
      { kind: 'stream', stream: STREAM },
      { kind: 'group', stream: STREAM, group: 'billing' },
    ])
  })

  const references: DetailRef[] = HOSTILE.flatMap((name): DetailRef[] => [
    { kind: 'stream', stream: name },
    { kind: 'group', stream: name, group: name },
    { kind: 'entry', stream: name, id: name },
    { kind: 'role', role: name },
    { kind: 'replica', name },
    { kind: 'letters', type: name },
    { kind: 'letter', type: name, id: name },
  ])

  it.each([36, 58, 198])(
    'stay within %i cells and are harmless, whatever they show',
    { timeout: 60_000 },
    (width) => {
      for (const reference of references) {
        const name = 'stream' in reference ? reference.stream : ''
        const fields = {
          ...Object.fromEntries(HOSTILE.map((one) => [one, one])),
          json: JSON.stringify(HOSTILE),
        }
        const id = 'id' in reference ? reference.id : name
        const page = pageOf(reference, {
          width,
          snapshot: hostileSnapshot(),
          loaded: {
            stream: { stream: name, entries: [{ id, at: name, fields }] },
            entry: { id, at: name, fields },
            group: {
              stream: name,
              group: name,
              consumers: [{ consumer: name, pending: 1, idle_ms: 1, inactive_ms: null, alive: false }],
              pending: [{ id: name, consumer: name, idle_ms: 1, deliveries: 1, gone: false, retry_at: name }],
            },
            letters: [
              exampleLetter({
                id,
                fields,
                reason: name,
                error: HOSTILE.join('\n'),
                time: name,
                origin: { stream: name, entry: name, group: name, consumer: name },
              }),
            ],
          },
          logs: HOSTILE.map((line) => ({
            time: line,
            replica: 'name' in reference ? reference.name : '',
            line,
          })),
        })
        const shown = [page.title, ...textOf(page)].join('')
        expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
        const widest = page.lines.reduce((most, { parts }) => Math.max(most, widthOfLine(parts)), 0)
        expect(widest).toBeLessThanOrEqual(width)
        const keys = page.lines.flatMap(({ key }) => (key === undefined ? [] : [key]))
        expect(new Set(keys).size).toBe(keys.length)
      }
    },
  )

  it('say so when what they show is gone', () => {
    const gone = (reference: DetailRef) => textOf(pageOf(reference, { loaded: {} })).join(' ')
    expect(gone({ kind: 'stream', stream: 'gone' })).toContain('not in the newest sample')
    expect(gone({ kind: 'group', stream: 'gone', group: 'g' })).toContain('not in the newest sample')
    expect(gone({ kind: 'entry', stream: 'gone', id: '1-0' })).toContain('no longer in the stream')
    expect(gone({ kind: 'role', role: 'gone' })).toContain('None are known here')
    expect(gone({ kind: 'replica', name: 'gone' })).toContain('It is gone')
    expect(gone({ kind: 'letter', type: 't', id: '1' })).toContain('not among those that were read')
    expect(gone({ kind: 'letters', type: 't' })).toContain('None are left')
  })

  it('show a large entry quickly, and not all of it', { timeout: 60_000 }, () => {
    const fields = { data: JSON.stringify({ text: 'word '.repeat(400_000) }) }
    const began = performance.now()
    const page = pageOf(
      { kind: 'entry', stream: STREAM, id: '1-0' },
      { loaded: { entry: { id: '1-0', at: null, fields } } },
    )
    expect(performance.now() - began).toBeLessThan(20_000)
    expect(textOf(page).at(-1)).toMatch(/more characters/)
  })
})
