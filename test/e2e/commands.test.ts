import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectRedis, disconnectRedis, type RedisClient } from '../../src/runtime/platform/redis/index.ts'
import { agentctl, bin, startServe, type TestServe, workplace } from '../support/program.ts'
import { silent } from '../support/redis.ts'

const place = workplace()
let serve: TestServe
let redis: RedisClient

beforeAll(async () => {
  serve = await startServe(place, '--ephemeral')
  redis = connectRedis({ url: serve.redisUrl, purpose: 'request', name: 'test', log: silent })
})

afterAll(async () => {
  if (redis) await disconnectRedis(redis)
  await serve?.stop()
  place.remove()
})

const lines = (text: string) => text.split('\n').filter(Boolean)

describe('agentctl', () => {
  it('lists its commands, each with help and examples', async () => {
    const { stdout, exitCode } = await agentctl(place, '--help')
    expect(exitCode).toBe(0)
    for (const command of [
      'serve',
      'gateway',
      'worker',
      'ps',
      'scale',
      'restart',
      'logs',
      'down',
      'chat',
      'config',
      'errors',
    ]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'))
      const help = await agentctl(place, command, '--help')
      expect(help.exitCode).toBe(0)
      expect(help.stdout).toContain('EXAMPLES')
    }
    expect((await agentctl(place, 'tail', 'stream', '--help')).stdout).toContain('EXAMPLES')
  })

  it('prints its version', async () => {
    const { stdout } = await agentctl(place, '--version')
    expect(stdout).toMatch(/^agentctl\/\d+\.\d+\.\d+ /)
  })

  it('refuses what it does not know with exit code 2', async () => {
    for (const args of [['srve'], ['chat', 'only-one'], ['ps', '--nope']]) {
      const { exitCode, stderr } = await agentctl(place, ...args)
      expect([args, exitCode]).toEqual([args, 2])
      expect(stderr).not.toBe('')
    }
  })

  it('uses no colours when its output is not a terminal', async () => {
    const { stdout, stderr } = await agentctl(place, 'ps', '--nope')
    expect(stdout + stderr).not.toContain('\x1b[')
  })

  it('ends quietly when its reader leaves', async () => {
    const { stdout, stderr, exitCode } = await execa(
      'sh',
      ['-c', `"$0" "${bin}" errors | head -1; exit 0`, process.execPath],
      { cwd: place.dir, env: place.env },
    )
    expect([stdout.split('\n').length, stderr, exitCode]).toEqual([1, '', 0])
  })
})

describe('agentctl chat', () => {
  it('finds the running serve by itself and prints one message a line', async () => {
    const { stdout, exitCode } = await agentctl(place, 'chat', 'test', 'lines')
    expect(exitCode).toBe(0)
    expect(lines(stdout)).toHaveLength(20)
    expect(lines(stdout)[19]).toBe('Message 19 from feature test, chat lines')
  })

  it('prints one JSON object a message with --json', async () => {
    const { stdout } = await agentctl(place, 'chat', 'test', 'json', '--json')
    expect(lines(stdout).map((line) => JSON.parse(line).id)).toEqual(
      Array.from({ length: 20 }, (_, i) => String(i)),
    )
  })

  it('says what the gateway refuses', async () => {
    const { exitCode, stderr } = await agentctl(place, 'chat', 'te:st', 'x')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('query.feature_id')
  })

  it('gives up on a gateway that is away, and says how to start one', async () => {
    const { exitCode, stderr } = await agentctl(
      place,
      'chat',
      'a',
      'b',
      '--gateway-url',
      'http://127.0.0.1:1',
      '--retry-for',
      '300ms',
    )
    expect(exitCode).toBe(69)
    expect(stderr).toContain('agentctl serve')
  })
})

describe('agentctl tail stream', () => {
  const key = 'stream:tail:one'
  const tail = (...args: string[]) => agentctl(place, 'tail', 'stream', ...args)

  beforeAll(async () => {
    for (let i = 1; i <= 30; i++)
      await redis.xadd(key, `${1_000 + i}-0`, 'data', JSON.stringify({ n: i, who: i % 2 ? 'odd' : 'even' }))
    await redis.xadd('stream:tail:two', '1015-5', 'data', 'between', 'note', 'x\x1b[31m')
    await redis.set('stream:tail:string', 'no stream')
  })

  it('shows the newest ten entries of a key', async () => {
    const { stdout } = await tail(key)
    expect(lines(stdout).map((line) => line.split('-')[0])).toEqual(
      Array.from({ length: 10 }, (_, i) => String(1_021 + i)),
    )
  })

  it('shows all, the last few, or those after an id', async () => {
    expect(lines((await tail(key, '--from', 'first')).stdout)).toHaveLength(30)
    expect(lines((await tail(key, '-n', '3')).stdout)).toHaveLength(3)
    expect(lines((await tail(key, '--from', '1028-0')).stdout)).toHaveLength(2)
    expect(lines((await tail(key, '--since', '1h')).stdout)).toHaveLength(0)
  })

  it('merges the streams of a pattern by id, and never interprets what is in them', async () => {
    const { stdout } = await tail('stream:tail:*', '--from', 'first')
    const all = lines(stdout)
    expect(all).toHaveLength(31)
    expect(all[15]).toContain('stream:tail:two')
    expect(stdout).not.toContain('\x1b')
  })

  it('filters by fields, also inside data, and by expression', async () => {
    expect(lines((await tail(key, '--from', 'first', '--filter', 'who=odd')).stdout)).toHaveLength(15)
    expect(
      lines((await tail(key, '--from', 'first', '--filter', 'who=odd', '--filter', 'n=7')).stdout),
    ).toHaveLength(1)
    expect(lines((await tail(key, '--from', 'first', '--grep', '"n":2\\d')).stdout)).toHaveLength(10)
  })

  it('prints NDJSON with time and fields', async () => {
    const { stdout } = await tail(key, '-n', '1', '--json')
    expect(JSON.parse(stdout)).toEqual({
      stream: key,
      id: '1030-0',
      time: '1970-01-01T00:00:01.030Z',
      fields: { data: '{"n":30,"who":"even"}' },
    })
  })

  it('follows a chat to its end and then stops', async () => {
    const tailing = tail('stream:test:followed', '--from', 'first', '--until-end', '--json')
    await agentctl(place, 'chat', 'test', 'followed')
    const { stdout, exitCode } = await tailing
    expect(exitCode).toBe(0)
    expect(lines(stdout)).toHaveLength(22)
    expect(JSON.parse(lines(stdout)[21] ?? '').fields.data).toBe('[DONE]')
  })

  it('follows until Ctrl-C', async () => {
    const tailing = tail(key, '--from', 'new', '-f', '--json')
    const first = new Promise((resolve) => tailing.stdout.once('data', resolve))
    const writer = setInterval(() => redis.xadd(key, '*', 'data', 'new').catch(() => {}), 100)
    await first
    clearInterval(writer)
    tailing.kill('SIGINT')
    expect((await tailing).exitCode).toBe(130)
  })

  it('says what is wrong', async () => {
    const cases: [string[], number, string][] = [
      [['stream:none'], 3, 'STREAM_NOT_FOUND'],
      [['stream:tail:string'], 2, 'STREAM_WRONG_TYPE'],
      [[key, '--from', 'yesterday'], 2, 'TAIL_START_INVALID'],
      [[key, '--since', 'ever'], 2, '--since'],
      [[key, '--filter', 'x'], 2, 'TAIL_FILTER_INVALID'],
      [[key, '--grep', '('], 2, 'TAIL_FILTER_INVALID'],
    ]
    for (const [args, code, named] of cases) {
      const { exitCode, stderr } = await tail(...args)
      expect([args, exitCode]).toEqual([args, code])
      expect(stderr).toContain(named)
    }
  })
})

describe('settings', () => {
  it('come from flag, environment, project file and default, in this order, and config says which', async () => {
    const other = workplace()
    writeFileSync(
      join(other.dir, 'agentctl.json'),
      JSON.stringify({ port: 9001, concurrency: 7, redisUrl: 'redis://:secret@h:1' }),
    )
    other.env.PORT = '9002'
    const { stdout } = await agentctl(other, 'config', '--json')
    const rows = JSON.parse(stdout) as { scope: string; setting: string; value: unknown; source: string }[]
    const find = (scope: string, setting: string) =>
      rows.find((row) => row.scope === scope && row.setting === setting)
    expect(find('gateway', 'port')).toMatchObject({ value: 9002, source: 'env PORT' })
    expect(find('worker', 'concurrency')).toMatchObject({ value: 7, source: 'file' })
    expect(find('worker', 'handler')).toMatchObject({ value: 'demo', source: 'default' })
    expect(find('gateway', 'redis-url')).toMatchObject({ value: 'redis://:***@h:1', source: 'file' })
    other.remove()
  })

  it('that are wrong are refused with their name and place', async () => {
    const other = workplace()
    other.env.PORT = 'eighty'
    const env = await agentctl(other, 'gateway')
    expect([env.exitCode, env.stderr]).toEqual([2, expect.stringContaining('environment variable PORT')])
    other.env.PORT = ''
    writeFileSync(join(other.dir, 'agentctl.json'), '{"port":')
    const file = await agentctl(other, 'gateway')
    expect([file.exitCode, file.stderr]).toEqual([2, expect.stringContaining('agentctl.json')])
    other.remove()
  })
})

describe('agentctl errors', () => {
  it('explains a code and refuses unknown ones', async () => {
    const known = await agentctl(place, 'errors', 'chat_busy')
    expect(known.stdout).toContain('Fix:')
    const unknown = await agentctl(place, 'errors', 'NOPE')
    expect(unknown.exitCode).toBe(3)
  })
})
