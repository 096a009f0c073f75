import { describe, expect, it } from 'vitest'
import { createTestDashboard } from '../../../support/dashboard.ts'
import { createTestScreen } from '../../../support/screen.ts'
import {
  before,
  exampleGroup,
  exampleReplica,
  exampleSnapshot,
  exampleStream,
  SNAPSHOT_AT,
} from '../../../support/snapshots.ts'

const log = (replica: string, line: string) => ({ time: SNAPSHOT_AT, replica, line })

function streams(count: number, prefix = 'stream') {
  return Array.from({ length: count }, (_, at) => exampleStream({ stream: `${prefix}:${at}`, length: at }))
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('walking through the dashboard', () => {
  it('goes from pane to pane, and every one draws all lines of the screen', () => {
    const screen = createTestScreen(createTestDashboard(exampleSnapshot()))
    for (const [key, title] of [
      ['1', '[1 Overview]'],
      ['2', '[2 Streams]'],
      ['3', '[3 Groups]'],
      ['4', '[4 Replicas]'],
      ['5', '[5 Latency]'],
      ['6', '[6 Logs]'],
      ['7', '[7 Dead letters]'],
      ['<tab>', '[1 Overview]'],
      ['<shift-tab>', '[7 Dead letters]'],
    ] as const) {
      screen.type(key)
      expect(screen.text()).toContain(title)
      expect(screen.lines()).toHaveLength(23)
    }
  })

  it('keeps the selected stream through samples, sorting and filters', () => {
    const source = createTestDashboard(exampleSnapshot({ streams: streams(50) }))
    const screen = createTestScreen(source, { pane: 'streams' })
    screen.type('jjj')
    const chosen = /> (stream:\d+)/.exec(screen.text())?.[1]
    const selected = () => /> (stream:\d+)/.exec(screen.text())?.[1]
    screen.type('S')
    expect(selected()).toBe(chosen)
    source.show(exampleSnapshot({ streams: [...streams(3, 'a new one'), ...streams(50)] }))
    expect(selected()).toBe(chosen)
    screen.type('ss')
    expect(selected()).toBe(chosen)
    source.show(exampleSnapshot({ streams: streams(50).filter(({ stream }) => stream !== chosen) }))
    expect(selected()).toBeDefined()
    expect(selected()).not.toBe(chosen)
  })

  it('filters while one types, and each pane has a filter of its own', () => {
    const screen = createTestScreen(createTestDashboard(exampleSnapshot({ streams: streams(50) })), {
      pane: 'streams',
    })
    screen.type('/7q')
    expect(screen.text()).toContain('Nothing fits the filter')
    screen.type('<backspace>')
    expect(screen.lines().filter((line) => line.includes('stream:'))).toHaveLength(5)
    expect(screen.ended).toEqual([])
    screen.type('<enter>3')
    expect(screen.text()).not.toContain('filter 7')
    screen.type('2')
    expect(screen.text()).toContain('filter 7')
    screen.type('<escape>')
    expect(screen.text()).not.toContain('filter 7')
    expect(screen.text()).toContain(' of 50')
  })

  it('looks into a role, its replica, and comes back the same way', () => {
    const source = createTestDashboard(exampleSnapshot())
    source.log(log('worker-1', '{"level":30,"msg":"hello of one"}'))
    const screen = createTestScreen(source, { pane: 'replicas' })
    screen.type('/worker<enter><enter>')
    expect(screen.text()).toContain('Replicas › ')
    screen.type('<enter>')
    expect(screen.text()).toContain('Replicas › worker › ')
    expect(screen.text()).toContain('hello of one')
    screen.type('<escape><escape>')
    expect(screen.text()).not.toContain('›')
    expect(screen.text()).toContain('filter worker')
  })

  it('reads what a detail needs, says when that fails, and reads it again with each sample', async () => {
    const stream = exampleStream({ stream: 'mine' })
    const entries = [{ id: '5-0', at: before(1), fields: { body: 'first entry' } }]
    const details: Record<string, { stream: string; entries: typeof entries }> = {}
    const source = createTestDashboard(exampleSnapshot({ streams: [stream] }), { streams: details })
    const screen = createTestScreen(source, { pane: 'streams' })
    screen.type('<enter>')
    expect(screen.text()).toContain('Reading')
    await settled()
    expect(screen.text()).toContain('no stream mine')
    details.mine = { stream: 'mine', entries }
    source.show(exampleSnapshot({ streams: [stream] }))
    await settled()
    expect(screen.text()).toContain('first entry')
    delete details.mine
    screen.type('r')
    await settled()
    expect(screen.text()).toContain('first entry')
    expect(screen.text()).toContain('no stream mine')
  })

  it('opens a pending entry that is too old to be among the newest of its stream', async () => {
    const pending = [
      { id: '5-0', consumer: 'c', idle_ms: 1, deliveries: 1, gone: false, retry_at: null },
      { id: '6-0', consumer: 'c', idle_ms: 1, deliveries: 1, gone: true, retry_at: null },
    ]
    const source = createTestDashboard(exampleSnapshot({ groups: [exampleGroup({ stream: 'mine' })] }), {
      groups: { 'mine billing': { stream: 'mine', group: 'billing', consumers: [], pending } },
    })
    source.entry = async (stream, id) =>
      id === '5-0' ? { id, at: null, fields: { body: `old entry of ${stream}` } } : null
    source.stream = () => Promise.reject(new Error('not asked for'))
    const screen = createTestScreen(source, { pane: 'groups' })
    screen.type('<enter>')
    await settled()
    screen.type('g<enter>')
    await settled()
    expect(screen.text()).toContain('old entry of mine')
    screen.type('<escape>')
    await settled()
    // The last line is selected, although there is nothing to scroll.
    screen.type('G<enter>')
    await settled()
    expect(screen.text()).toContain('no longer in the stream')
  })

  it('is quick with 5,000 streams', () => {
    const source = createTestDashboard(exampleSnapshot({ streams: streams(5_000) }))
    const screen = createTestScreen(source, { pane: 'streams' })
    const began = performance.now()
    for (let turn = 0; turn < 10; turn++) {
      source.show(exampleSnapshot({ streams: streams(5_000) }))
      screen.type('jjjjjj')
      screen.lines()
    }
    // 20 ms each on two loaded cores; what is not virtual or remembered takes many times as long.
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(screen.text()).toContain(' of 5000')
  })
})

describe('the pace', () => {
  it('is changed step by step, and pausing asks nothing', () => {
    const source = createTestDashboard(exampleSnapshot())
    const screen = createTestScreen(source)
    screen.type('++--[prp')
    expect(source.asked).toEqual([
      'interval 2000',
      'interval 5000',
      'interval 2000',
      'interval 1000',
      'interval 500',
      'pause true',
      'refresh',
      'pause false',
    ])
  })

  it('says so while it is paused', () => {
    const screen = createTestScreen(createTestDashboard(exampleSnapshot()))
    screen.type('p')
    expect(screen.text()).toContain('PAUSED')
    screen.pass(5_000)
    expect(screen.lines()[0]).toContain('5s ago')
  })
})

describe('actions', () => {
  it('are chosen, planned, confirmed and told about', async () => {
    const source = createTestDashboard(exampleSnapshot())
    const screen = createTestScreen(source, { pane: 'replicas' })
    screen.type('/worker-2<enter>x')
    expect(screen.text()).toContain('> Restart worker-2')
    screen.type('<enter>')
    await settled()
    expect(screen.text()).toContain('Do restart worker-2')
    screen.type('n')
    expect(source.asked).toEqual(['plan restart worker-2'])
    screen.type('xj<enter>')
    await settled()
    screen.type('y')
    await settled()
    expect(source.asked.at(-1)).toBe('run restart worker')
    expect(screen.text()).toContain('Did restart worker')
    screen.pass(11_000)
    expect(screen.text()).not.toContain('Did restart worker')
  })

  it('that cannot be taken back want the name typed', async () => {
    const source = createTestDashboard(
      exampleSnapshot({
        dead_letters: [{ type: 'task.created', count: 3, oldest: SNAPSHOT_AT, newest: SNAPSHOT_AT }],
      }),
      {
        plan: () => ({
          what: 'Remove 3 dead letters',
          warnings: ['They are gone then'],
          typed: 'task.created',
        }),
      },
    )
    const screen = createTestScreen(source, { pane: 'letters' })
    screen.type('xj<enter>')
    await settled()
    expect(screen.text()).toContain('! They are gone then')
    screen.type('y<enter>task<enter>')
    expect(source.asked).toEqual(['plan purge-letters task.created'])
    screen.type('task.created<enter>')
    await settled()
    expect(source.asked.at(-1)).toBe('run purge-letters task.created')
  })

  it('that fail say why', async () => {
    const source = createTestDashboard(exampleSnapshot(), {
      run: () => Promise.reject(Object.assign(new Error('It is\u001b[2J gone'), { fix: 'start it' })),
    })
    const screen = createTestScreen(source, { pane: 'replicas' })
    screen.type('/worker-2<enter>x<enter>')
    await settled()
    screen.type('y')
    await settled()
    expect(screen.text()).toContain('It is␛[2J gone Fix: start it')
  })

  it('that were left do not disturb the next one, but what they have done is told', async () => {
    const first = Promise.withResolvers<string>()
    const source = createTestDashboard(exampleSnapshot(), { run: () => first.promise })
    const screen = createTestScreen(source, { pane: 'replicas' })
    screen.type('/worker-2<enter>x<enter>')
    await settled()
    screen.type('y<escape>xj<enter>')
    first.resolve('Restarted the first')
    await settled()
    expect(screen.text()).toContain('Restarted the first')
    expect(screen.text()).toContain('Do restart worker')
    screen.type('y')
    expect(source.asked.at(-1)).toBe('run restart worker')
  })

  it('that were left before they were planned say nothing', async () => {
    const source = createTestDashboard(exampleSnapshot(), {
      plan() {
        throw new Error('worker is gone')
      },
    })
    const screen = createTestScreen(source, { pane: 'replicas' })
    screen.type('/worker-2<enter>x<enter><escape>')
    await settled()
    expect(source.asked).toEqual(['plan restart worker-2'])
    expect(screen.text()).not.toContain('worker is gone')
  })

  it('are refused when read-only', () => {
    const source = createTestDashboard(exampleSnapshot(), { readOnly: true })
    const screen = createTestScreen(source, { pane: 'replicas' })
    screen.type('x')
    expect(screen.text()).toContain('Read-only')
    screen.type('+')
    expect(source.asked).toEqual(['interval 2000'])
  })

  it('scale the selected role by + and -, as far as one asks before it is confirmed', async () => {
    const source = createTestDashboard(exampleSnapshot())
    const screen = createTestScreen(source, { pane: 'replicas' })
    screen.type('/worker-2<enter>+')
    await settled()
    screen.type('+')
    await settled()
    screen.type(']y')
    await settled()
    expect(source.asked).toEqual(['plan scale worker=3', 'plan scale worker=4', 'run scale worker=4'])
    screen.type('[')
    expect(source.asked.at(-1)).toBe('interval 500')
  })

  it('do not scale what nobody here runs', () => {
    const source = createTestDashboard(
      exampleSnapshot({
        context: { name: null, redis: 'redis://127.0.0.1:6379', serve: null },
        replicas: [exampleReplica({ state: null })],
      }),
    )
    createTestScreen(source, { pane: 'replicas' }).type('+')
    expect(source.asked).toEqual(['interval 2000'])
  })
})

describe('leaving', () => {
  it('is q, or Ctrl-C', () => {
    const screen = createTestScreen(createTestDashboard(exampleSnapshot()))
    screen.type('q<ctrl-c>')
    expect(screen.ended).toEqual(['quit', 'stop'])
  })

  it('asks when everything ends with it', () => {
    const screen = createTestScreen(createTestDashboard(exampleSnapshot(), { attached: true }))
    screen.type('q')
    expect(screen.text()).toContain('This stops serve')
    screen.type('n')
    expect(screen.ended).toEqual([])
    screen.type('qy')
    expect(screen.ended).toEqual(['quit'])
  })

  it('is heard in the help, too', () => {
    const screen = createTestScreen(createTestDashboard(exampleSnapshot()))
    screen.type('?')
    expect(screen.text()).toContain('sample now')
    screen.type('q')
    expect(screen.ended).toEqual([])
    expect(screen.text()).not.toContain('sample now')
  })
})

describe('logs', () => {
  it('are followed until one moves, found, and those of one replica shown', () => {
    const source = createTestDashboard(exampleSnapshot())
    const screen = createTestScreen(source, { pane: 'logs' })
    const add = (from: number, count: number) => {
      for (let at = from; at < from + count; at++)
        source.log(log(`worker-${(at % 2) + 1}`, `{"level":${at === 7 ? 50 : 30},"msg":"line ${at} ends"}`))
      screen.pass(300)
    }
    add(0, 60)
    expect(screen.text()).toContain('line 59 ends')
    expect(screen.text()).toContain('following')
    screen.type('kk')
    add(60, 30)
    expect(screen.text()).not.toContain('line 89 ends')
    expect(screen.lines().find((line) => line.startsWith('>'))).toContain('line 57 ends')
    screen.type('f')
    expect(screen.text()).toContain('line 89 ends')
    screen.type('<right>')
    expect(screen.text()).toContain('Logs › worker-1')
    expect(screen.text()).not.toContain('line 89 ends')
    expect(screen.text()).toContain('line 88 ends')
    screen.type('<left>/error<enter>')
    expect(screen.lines().filter((line) => line.includes(' ends'))).toEqual([
      expect.stringContaining('line 7 ends'),
    ])
  })

  it('that come by the thousand are drawn four times a second', () => {
    const source = createTestDashboard(exampleSnapshot())
    const screen = createTestScreen(source, { pane: 'logs' })
    let drawn = 0
    screen.subscribe(() => drawn++)
    for (let at = 0; at < 1_000; at++) {
      source.log(log('worker-1', `line ${at}`))
      screen.pass(1)
    }
    expect(drawn).toBeLessThanOrEqual(5)
  })

  it('say why there are none', () => {
    const source = createTestDashboard(exampleSnapshot(), { unknownLogs: 'No serve runs here.' })
    expect(createTestScreen(source, { pane: 'logs' }).text()).toContain('No serve runs here.')
  })
})

describe('what is pasted', () => {
  it('is text where text is typed, and means nothing elsewhere', () => {
    const screen = createTestScreen(createTestDashboard(exampleSnapshot({ streams: streams(9) })), {
      pane: 'streams',
    })
    const paste = [{ text: 'q' }, { key: 'enter' as const }, { text: 'y' }]
    screen.paste(paste)
    expect(screen.ended).toEqual([])
    expect(screen.text()).toContain('pasted')
    screen.type('/')
    screen.paste(paste)
    expect(screen.text()).toContain('/qy')
  })
})
