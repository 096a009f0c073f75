import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { renderExamination } from '../../../src/cli/doctor/doctor-text.ts'
import {
  AREAS,
  type Check,
  type DoctorContext,
  fail,
  info,
  ok,
  warn,
} from '../../../src/runtime/doctor/check.ts'
import { judgeKeys } from '../../../src/runtime/doctor/checks/data.ts'
import { checks } from '../../../src/runtime/doctor/checks/index.ts'
import {
  judgeDisk,
  judgeNode,
  judgeOpenFiles,
  judgeTerminal,
} from '../../../src/runtime/doctor/checks/machine.ts'
import { judgeHolder } from '../../../src/runtime/doctor/checks/ports.ts'
import { judgeMigrations, judgeServer } from '../../../src/runtime/doctor/checks/postgres.ts'
import { judgeQueue } from '../../../src/runtime/doctor/checks/queues.ts'
import { judgeSandboxes } from '../../../src/runtime/doctor/checks/sandbox.ts'
import { judgeServe } from '../../../src/runtime/doctor/checks/serve.ts'
import {
  judgeEnvironment,
  judgeKeys as judgeProjectKeys,
  variablesOf,
} from '../../../src/runtime/doctor/checks/settings.ts'
import { judgeGrowth, judgeLetters } from '../../../src/runtime/doctor/checks/streams.ts'
import { listeners } from '../../../src/runtime/doctor/port-holder.ts'
import { countLevels, runChecks } from '../../../src/runtime/doctor/run.ts'
import { redisSettings } from '../../../src/runtime/kernel/index.ts'

const GB = 1024 ** 3
const levels = (remarks: readonly { level: string }[]) => remarks.map(({ level }) => level)

/** Of the context, checks that are written here use nothing but whether there is a Redis. */
const away = { redis: undefined } as unknown as DoctorContext

describe('checks', () => {
  it('have names of their own, areas that are known, and titles that go into a sentence', () => {
    expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length)
    for (const { name, area, title } of checks) {
      expect(AREAS).toContain(area)
      expect([name, title]).toEqual([expect.stringMatching(/^[a-z-]+$/), expect.stringMatching(/^[A-Za-z]/)])
    }
  })

  it('run at the same time; one that throws or hangs is a finding, and stops no other', async () => {
    const of = (name: string, area: Check['area'], run: Check['run'], more = {}): Check => ({
      ...{ name, area, title: `the ${name}`, run },
      ...more,
    })
    const findings = await runChecks(
      [
        of('stream', 'streams', () => [warn('a', 'b', 'c')]),
        of('thrower', 'machine', () => {
          throw new Error('ouch')
        }),
        of('sleeper', 'machine', () => pause(60_000, [], { ref: false })),
        of('redis', 'redis', () => [ok('never')], { needsRedis: true }),
        of('fine', 'machine', async () => [ok('fine')]),
      ],
      away,
      50,
    )
    expect(findings.map(({ check, level, what }) => [check, level, what])).toEqual([
      ['thrower', 'warn', 'Could not check the thrower: ouch'],
      ['sleeper', 'warn', 'Could not check the sleeper: no answer within 0.05 s'],
      ['fine', 'ok', 'fine'],
      ['stream', 'warn', 'a'],
    ])
    expect(countLevels(findings)).toEqual({ ok: 1, info: 0, warn: 3, error: 0 })
  })
})

describe('the machine', () => {
  it('is judged by Node, disk and limits', () => {
    expect([judgeNode('22.1.0').level, judgeNode('24.0.0').level]).toEqual(['error', 'ok'])
    expect([2 * GB, GB / 2, GB / 8].map((free) => judgeDisk(free, '/x').level)).toEqual([
      'ok',
      'warn',
      'error',
    ])
    expect([1_024, 65_536, Number.POSITIVE_INFINITY].map((n) => judgeOpenFiles(n).level)).toEqual([
      'warn',
      'ok',
      'ok',
    ])
  })

  it('is judged by its terminal only where there is one', () => {
    const terminal = { tty: true, columns: 60, depth: 8 }
    expect(levels(judgeTerminal({ env: {}, terminal: { ...terminal, tty: false } }))).toEqual(['ok'])
    expect(levels(judgeTerminal({ env: { TERM: 'dumb', LANG: 'C' }, terminal }))).toEqual([
      'info',
      'warn',
      'info',
    ])
    const good = { TERM: 'xterm-256color', LANG: 'de_DE.utf8' }
    expect(judgeTerminal({ env: good, terminal: { ...terminal, columns: 80 } })).toEqual([
      ok('Terminal xterm-256color, 256 colours'),
    ])
  })

  it('shows who listens on a port', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1',
      '   1: 0100007F:1F40 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4712 1',
      '   2: 0100007F:1F41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1',
    ].join('\n')
    expect(listeners(table, 8_000)).toEqual(['4711'])
    const gateway = { role: 'gateway', port: 8_000 }
    expect(judgeHolder(gateway, { pid: 7, command: 'node gateway' }, new Set([7])).level).toBe('ok')
    expect(
      judgeHolder(gateway, { pid: 8, command: '/usr/bin/python3 -m http.server' }, new Set([7])),
    ).toMatchObject({
      level: 'warn',
      what: '8000 (gateway) is held by python3 (process 8)',
      why: expect.stringContaining('`agentctl serve` does not start'),
    })
    expect(judgeHolder({ role: 'llm', port: 8_001 }, undefined, new Set()).fix).toContain(
      'agentctl llm --port 0',
    )
  })
})

describe('the settings', () => {
  const variables = variablesOf([z.object(redisSettings)])

  it('are wrong where the project file has names that nobody reads', () => {
    expect(judgeProjectKeys([], ['redisUrl'])).toEqual([])
    expect(judgeProjectKeys(['redisUrl', '$schema'], ['redisUrl'])[0]?.level).toBe('ok')
    expect(judgeProjectKeys(['redisUlr'], ['redisUrl', 'port'])).toMatchObject([
      { level: 'warn', fix: 'Write it as "redisUrl"' },
    ])
  })

  it.each([
    [{ REDIS_URL: 'a', AGENTCTL_REDIS_URL: 'b' }, 'AGENTCTL_REDIS_URL and REDIS_URL are both set'],
    [{ REDIS_URL: 'a', REDIS_HOST: 'b' }, 'REDIS_URL and REDIS_HOST are both set'],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, 'FORCE_COLOR and NO_COLOR'],
    [{ AGENTCTL_REDIS_ULR: 'a' }, 'AGENTCTL_REDIS_ULR is set, and is no setting'],
    [{ AGENTCTL_SOMETHING_ELSE: 'a' }, 'AGENTCTL_SOMETHING_ELSE is set, and means nothing'],
  ])('contradict each other in %j', (env, what) => {
    expect(judgeEnvironment(env, variables)).toMatchObject([{ what: expect.stringContaining(what) }])
  })

  it.each([
    [{ REDIS_URL: 'a', AGENTCTL_REDIS_URL: 'a' }],
    [{ REDIS_URL: 'a', REDIS_PORT: 'tcp://10.0.0.1:6379' }],
    [{ REDIS_HOST: 'a', REDIS_PORT: '1' }],
    [{ AGENTCTL_CONTEXT: 'prod', AGENTCTL_AC_ZSH_SETUP_PATH: '/x', AGENTCTL_REPLICA: 'w-1' }],
  ])('agree in %j', (env) => {
    expect(levels(judgeEnvironment(env, variables))).toEqual(['ok'])
  })
})

describe('what runs here', () => {
  const replica = {
    ...{ name: 'worker-1', role: 'worker', state: 'ready' as const, pid: 1, restarts: 0 },
    ...{ ready_since: null, rss: null, facts: {}, last_exit: null, failure: null },
  }
  const status = {
    ...{ pid: 1, version: '1', started_at: '', state_dir: '', data: 'kept' as const, urls: {} },
    ...{ redis_prompt: null, replicas: [replica] },
  }

  it('is judged by its replicas and its version', () => {
    expect(levels(judgeServe(status, '1'))).toEqual(['ok'])
    expect(levels(judgeServe({ ...status, data: 'ephemeral' }, '2'))).toEqual(['ok', 'warn', 'info'])
    const replicas = [
      { ...replica, state: 'crashloop' as const, last_exit: { code: 3, signal: null } },
      { ...replica, state: 'failed' as const, failure: { code: 'X', detail: 'no key', fix: 'Set it.' } },
      { ...replica, state: 'backoff' as const, restarts: 2 },
    ]
    expect(judgeServe({ ...status, replicas }, '1')).toMatchObject([
      {
        level: 'error',
        what: 'worker-1 is in state crashloop: exit code 3',
        fix: expect.stringContaining('logs'),
      },
      { level: 'error', what: 'worker-1 is in state failed: no key', fix: 'Set it.' },
      { level: 'warn' },
    ])
  })
})

describe('the data', () => {
  const sighting = { key: 'agent:stream:a', type: 'stream', wanted: 'stream', ttl: -1, expires: false }

  it('is wrong where a key of ours is somebody else’s, or never ends', () => {
    expect(levels(judgeKeys([sighting], 1, 1))).toEqual(['ok'])
    expect(judgeKeys([], 5, 10)[0]?.what).toContain('5 of 10 keys')
    const list = { ...sighting, type: 'list' }
    const eternal = { ...sighting, key: 'agent:stream:response:1', expires: true }
    expect(judgeKeys([list, eternal, { ...eternal, ttl: 100 }], 3, 3)).toMatchObject([
      { level: 'error', what: '1 key of ours should be a stream, and is not: agent:stream:a (list)' },
      { level: 'warn', what: '1 key that should expire never does: agent:stream:response:1' },
    ])
  })

  it('grows where nobody trims', () => {
    const of = (length: number) => levels(judgeGrowth({ stream: 's', length, memory: null }))
    expect([of(49_999), of(50_000), of(1_000_000)]).toEqual([[], ['warn'], ['error']])
  })

  it('says of dead letters whether trying again can help', () => {
    const letters = { type: 'task.created', count: 2, oldest: 'then', newest: 'now' }
    expect(judgeLetters(letters, ['max-deliveries', 'undecodable'])).toMatchObject({
      what: expect.stringContaining('at least 1 cannot be decoded'),
      fix: expect.stringContaining('dlq retry'),
    })
    expect(judgeLetters(letters, ['undecodable', 'undecodable']).fix).toContain('dlq purge')
  })

  it('waits in queues', () => {
    const queue = { name: 'chat', waiting: 0, active: 3, failed: 0, stalled: 0, paused: false }
    expect(judgeQueue(queue)).toEqual([])
    expect(levels(judgeQueue({ ...queue, waiting: 1_000, failed: 1, stalled: 1, paused: true }))).toEqual([
      'error',
      'warn',
      'warn',
      'warn',
    ])
  })

  it('is in PostgreSQL', () => {
    const server = { version: '18.4', used: 10, most: 100, bytes: '1048576', standby: false }
    expect(judgeServer(server, 'postgres://u:secret@h/d')).toMatchObject([
      { level: 'ok', what: 'PostgreSQL 18.4 at postgres://u:***@h/d, 1 MB, 10 of 100 connections' },
    ])
    expect(levels(judgeServer({ ...server, version: '12.1', used: 90, standby: true }, ''))).toEqual([
      'warn',
      'error',
      'warn',
    ])
    const names = ['001', '002']
    const of = (done?: string[]) => levels(judgeMigrations({ room: 'storage', names, done }))
    expect([of(), of(names), of(['001']), of([...names, '003'])]).toEqual([
      ['info'],
      ['ok'],
      ['warn'],
      ['warn'],
    ])
  })
})

describe('the sandbox', () => {
  const missing = { missing: 'no socket' }
  const ready = { version: '28', images: [{ image: 'p', state: 'ready' }] }
  it.each([
    [{ docker: missing, deno: undefined, pyodide: false }, ['warn']],
    [{ docker: missing, deno: '/deno', pyodide: true }, ['info', 'ok']],
    [{ docker: ready, deno: '/deno', pyodide: false }, ['ok', 'info']],
    [{ docker: ready, deno: undefined, pyodide: false }, ['ok', 'info']],
    [
      { docker: { ...ready, images: [{ image: 'p', state: 'missing' }] }, deno: '/deno', pyodide: true },
      ['warn', 'ok'],
    ],
  ])('of %j is %j', (found, expected) => {
    expect(levels(judgeSandboxes(found))).toEqual(expected)
  })
})

describe('the text', () => {
  const finding = (level: ReturnType<typeof ok>) => ({ area: 'redis' as const, check: 'x', ...level })
  const findings = [
    { ...finding(ok('fine')), area: 'machine' as const },
    finding(fail('broken \x1b[2J', 'It matters.', '`mend`')),
    finding(ok('fine, too')),
    finding(info('by the way')),
  ]
  const examination = {
    ...{ at: '', version: '1', redis: '', context: null, bundle: null, findings },
    counts: countLevels(findings),
  }

  it('shows what is wrong, and counts what is well', () => {
    expect(renderExamination(examination, false)).toBe(
      [
        '✓ machine (1 ok)',
        '✗ redis (1 more ok)',
        '  ✗ broken \ufffd[2J',
        '      It matters.',
        '      Fix: `mend`',
        '  i by the way',
        '',
        '1 error (1 to know, 2 ok).',
      ].join('\n'),
    )
    expect(renderExamination({ ...examination, context: 'prod' }, true)).toContain('  ✓ fine, too')
    expect(renderExamination({ ...examination, context: 'prod' }, true)).toContain('1 error in context prod')
  })
})
