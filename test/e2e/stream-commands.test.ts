import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RedisClient } from '../../src/runtime/platform/redis/index.ts'
import { agentctl, workplace } from '../support/program.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

const STREAM = 'agent:stream:task.created'
const GROUP = 'agent-group'
const place = workplace()
let server: TestRedis
let redis: RedisClient

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
  place.env.REDIS_URL = server.url
})
afterAll(async () => {
  await server?.close()
  place.remove()
})

/** Five entries; the group has been given three of them and acknowledged one. Another stream is nobody's. */
beforeEach(async () => {
  await redis.flushall()
  for (let i = 1; i <= 5; i++) await redis.xadd(STREAM, `${1_732_153_000_000 + i}-0`, 'data', `{"n":${i}}`)
  await redis.xgroup('CREATE', STREAM, GROUP, '0')
  await redis.xreadgroup('GROUP', GROUP, 'agent-1', 'COUNT', 3, 'STREAMS', STREAM, '>')
  await redis.xack(STREAM, GROUP, '1732153000001-0')
  await redis.xadd('other\x1b[2J', '1-0', 'text', 'x\x1b[2J')
})

async function run(command: string, ...more: string[]) {
  const { stdout, stderr, exitCode } = await agentctl(place, ...command.split(' '), ...more)
  return { stdout, stderr, exitCode, lines: stdout.split('\n').filter(Boolean) }
}

const words = (line: string | undefined) => (line ?? '').trim().split(/ {2,}/)
const data = ({ stdout }: { stdout: string }) => JSON.parse(stdout)

describe('agentctl stream', () => {
  it('lists the streams of the bus, or all, in every form', async () => {
    const { lines } = await run('stream ls')
    expect(lines.map(words)).toEqual([
      ['STREAM', 'LENGTH', 'FIRST', 'LAST', 'GROUPS', 'LAG', 'PENDING'],
      [STREAM, '5', expect.stringMatching(/^\d+d\d+h$/), expect.any(String), '1', '2', '2'],
    ])
    expect((await run('stream ls none*')).lines).toHaveLength(1)
    const all = await run('stream ls --all -o name')
    expect(all.lines).toEqual([STREAM, 'other\x1b[2J'])
    expect((await run('stream ls --all')).stdout).not.toContain('\x1b')
    expect(data(await run('stream ls --json'))).toMatchObject([
      {
        stream: STREAM,
        length: 5,
        lag: 2,
        lag_exact: true,
        pending: 2,
        first_at: '2024-11-21T01:36:40.001Z',
      },
    ])
    expect((await run('stream ls -o wide')).lines[0]).toContain('MEMORY')
  })

  it('shows one stream and peeks at its newest entries without touching them', async () => {
    const info = await run('stream info task.created')
    expect(info.lines[0]).toBe(`Stream  ${STREAM}`)
    expect(words(info.lines.at(-1))).toContain(GROUP)
    const peek = await run('stream peek task.created -n 2')
    expect(peek.lines).toEqual([
      `1732153000005-0  ${STREAM}  data={"n":5}`,
      `1732153000004-0  ${STREAM}  data={"n":4}`,
    ])
    expect(data(await run('stream peek task.created -n 1 --json'))).toEqual([
      {
        stream: STREAM,
        id: '1732153000005-0',
        time: '2024-11-21T01:36:40.005Z',
        fields: { data: '{"n":5}' },
      },
    ])
    expect((await run('stream peek', 'other\x1b[2J')).stdout).not.toContain('\x1b')
  })

  it('reports what is wrong, and fails only when it is to be strict', async () => {
    const healthy = await run('stream report --strict')
    expect([healthy.exitCode, words(healthy.lines[1]).at(-1)]).toEqual([0, 'ok'])
    const stuck = await run('stream report --stuck-after 0s')
    expect(stuck.exitCode).toBe(0)
    expect(words(stuck.lines[1]).at(-1)).toBe('STUCK')
    expect(stuck.lines[2]).toContain(`agentctl group pending ${STREAM} ${GROUP}`)
    const strict = await run('stream report --all --strict --json')
    expect(strict.exitCode).toBe(1)
    expect(data(strict)).toMatchObject([
      { stream: STREAM, findings: [] },
      { group: null, findings: [{ finding: 'NO GROUPS' }] },
    ])
  })

  it('trims what groups do not need, and says what holds the rest', async () => {
    const dry = await run('stream trim task.created --max-length 1 --dry-run')
    expect(dry.stdout).toContain(`Would remove 1 entry of 5 from ${STREAM}`)
    expect(dry.stderr).toContain('3 entries held back by group agent-group (2 pending, 2 unread')
    expect(await redis.xlen(STREAM)).toBe(5)
    const done = await run('stream trim task.created --max-length 1 --yes --json')
    expect(data(done)).toMatchObject({ dry_run: false, plan: { held: 3 }, result: { removed: 1 } })
    expect(await redis.xlen(STREAM)).toBe(4)
    const forced = await run('stream trim task.created --max-age 365d --force --yes')
    expect([forced.exitCode, await redis.xlen(STREAM)]).toEqual([0, 0])
    expect((await run('stream trim task.created --yes')).stderr).toContain('TRIM_LIMIT_MISSING')
  })

  it('destroys nothing without a terminal unless told so', async () => {
    for (const command of [
      'stream purge task.created',
      'stream trim task.created --max-length 0',
      'group reset task.created agent-group --to first',
      'group claim task.created agent-group --consumer x --min-idle 0s',
      'group rm task.created agent-group --force',
    ]) {
      const { exitCode, stderr } = await run(command)
      expect([command, exitCode]).toEqual([command, 4])
      expect(stderr).toContain('CONFIRMATION_NEEDED')
      const dry = await run(command, '--dry-run', '--yes', '--json')
      expect([command, dry.exitCode, data(dry).dry_run]).toEqual([command, 0, true])
    }
    expect(await redis.xlen(STREAM)).toBe(5)
    expect((await redis.xpending(STREAM, GROUP, '-', '+', 9, 'agent-1')) as unknown[]).toHaveLength(2)
    const purged = await run('stream purge task.created --yes')
    expect(purged.stdout).toContain('Removed 5 entries and 2 pending')
    expect(purged.stderr).toContain('loses 2 pending and 2 unread entries')
    expect(await redis.xlen(STREAM)).toBe(0)
  })
})

describe('agentctl group', () => {
  it('lists groups and their lag', async () => {
    expect((await run('group ls')).lines.map(words)).toEqual([
      ['STREAM', 'GROUP', 'LAG', 'PENDING', 'OLDEST', 'ALIVE', 'LOST'],
      [STREAM, GROUP, '2', '2', expect.stringMatching(/s$/), '1/1', '0'],
    ])
    expect((await run('group ls task.created -o name')).lines).toEqual([`${STREAM} ${GROUP}`])
    expect((await run('group lag')).lines.map(words)[1]).toEqual([GROUP, STREAM, '2', '2', '0'])
    expect(data(await run('group lag --json'))).toMatchObject([
      { group: GROUP, lag: 2, streams: [{ stream: STREAM }] },
    ])
  })

  it('shows a group, its consumers and what is pending', async () => {
    const { stdout, lines } = await run('group info task.created agent-group')
    expect(stdout).toMatch(/^Lag +2$/m)
    expect(words(lines.at(-1))).toEqual(['agent-1', '2', expect.any(String), 'alive'])
    const pending = await run('group pending task.created agent-group --consumer agent-1')
    expect(pending.lines.slice(1).map((line) => words(line).slice(0, 2))).toEqual([
      ['1732153000002-0', 'agent-1'],
      ['1732153000003-0', 'agent-1'],
    ])
    expect(data(await run('group pending task.created agent-group -n 1 --json'))).toMatchObject([
      { id: '1732153000002-0', deliveries: 1, gone: false },
    ])
  })

  it('moves pending entries to another consumer', async () => {
    const { stdout, stderr } = await run(
      'group claim task.created agent-group --consumer agent-2 --min-idle 0s --yes 1732153000003-0',
    )
    expect(stdout).toBe('Gave 1 pending entry to agent-2.')
    expect(stderr).toContain('Nobody has read as agent-2')
    expect(await redis.xpending(STREAM, GROUP, '-', '+', 9, 'agent-2')).toEqual([
      ['1732153000003-0', 'agent-2', expect.any(Number), 1],
    ])
    const wrong = await run('group claim task.created agent-group --consumer agent-2 --yes 3')
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('ENTRY_ID_INVALID')])
  })

  it('resets and removes a group', async () => {
    const reset = await run('group reset task.created agent-group --to 2024-11-21T01:36:40.004Z --yes')
    expect(reset.stdout).toContain('reads on after 1732153000003-0: 2 pending dropped, 2 entries to deliver')
    const refused = await run('group rm task.created agent-group --yes')
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('GROUP_IN_USE')])
    expect((await run('group rm task.created agent-group --consumer agent-1 --yes')).exitCode).toBe(0)
    expect((await run('group rm task.created agent-group --yes')).exitCode).toBe(0)
    expect(await redis.xinfo('GROUPS', STREAM)).toEqual([])
  })
})

describe('trouble', () => {
  it('has its exit codes', async () => {
    const cases: [string, number, string][] = [
      ['stream info none', 3, 'STREAM_NOT_FOUND'],
      ['group info task.created none', 3, 'GROUP_NOT_FOUND'],
      ['group rm task.created agent-group --consumer none --yes', 3, 'CONSUMER_NOT_FOUND'],
      ['group reset task.created agent-group --to never --yes', 2, 'GROUP_PLACE_INVALID'],
      ['stream trim task.created --max-age soon', 2, 'CONFIG_INVALID'],
      ['stream ls --redis-url redis://127.0.0.1:1', 69, 'REDIS_UNREACHABLE'],
    ]
    for (const [command, code, named] of cases) {
      const { exitCode, stderr } = await run(command)
      expect([command, exitCode]).toEqual([command, code])
      expect(stderr).toContain(named)
    }
  })

  it('is explained by help with examples', async () => {
    for (const command of ['stream trim', 'group reset']) {
      const { stdout, exitCode } = await run(command, '--help')
      expect([command, exitCode]).toEqual([command, 0])
      expect(stdout).toContain('EXAMPLES')
    }
  })
})
