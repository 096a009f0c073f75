import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RedisClient } from '../../src/runtime/platform/redis/index.ts'
import { agentctl, workplace } from '../support/program.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

const place = workplace()
const file = join(place.dir, 'config', 'agentctl', 'contexts.json')
let servers: TestRedis[]
let clients: RedisClient[]

beforeAll(async () => {
  servers = [await startTestRedis(), await startTestRedis()]
  clients = servers.map((server) => server.connect())
})
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()))
  place.remove()
})
beforeEach(async () => {
  await Promise.all(clients.map((client) => client.flushall()))
  await clients[0]?.xadd('agent:stream:in.one', '*', 'data', '{}')
  await clients[1]?.xadd('agent:stream:in.two', '*', 'data', '{}')
})

const run = (command: string, ...more: string[]) => agentctl(place, ...command.split(' '), ...more)
const names = async (...more: string[]) => (await run('stream ls -o name', ...more)).stdout

describe('agentctl context', () => {
  it('keeps addresses under names, and has commands go there', async () => {
    const [one = '', two = ''] = servers.map(({ url }) => url)
    expect((await run('context add one --redis-url', one)).exitCode).toBe(0)
    expect((await run('context add two --use --redis-url', two)).stderr).toContain('two is in use now')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      current: 'two',
      contexts: { one: { redisUrl: one } },
    })
    expect(await names()).toBe('agent:stream:in.two')
    expect(await names('--context', 'one')).toBe('agent:stream:in.one')
    expect(await names('--redis-url', one)).toBe('agent:stream:in.one')
    expect((await run('context ls -o name')).stdout.split('\n')).toEqual(['local', 'one', 'two'])
    const config = JSON.parse((await run('config --json')).stdout) as {
      setting: string
      source: string
      scope: string
    }[]
    expect(config.find(({ scope, setting }) => scope === 'client' && setting === 'redis-url')?.source).toBe(
      'context two',
    )
    expect((await run('context use one')).exitCode).toBe(0)
    expect(await names()).toBe('agent:stream:in.one')
    place.env.AGENTCTL_CONTEXT = 'two'
    expect(await names()).toBe('agent:stream:in.two')
    delete place.env.AGENTCTL_CONTEXT
  })

  it('comes after the environment, and says so when it is chosen', async () => {
    place.env.REDIS_URL = servers[1]?.url
    const { stderr } = await run('context use one')
    expect(stderr).toContain('REDIS_URL is set and comes before redis-url of the context')
    expect(await names()).toBe('agent:stream:in.two')
    expect(await names('--context', 'one')).toBe('agent:stream:in.one')
    delete place.env.REDIS_URL
  })

  it('does not go to what happens to run here for want of an address', async () => {
    const { exitCode, stderr } = await run('docs ls --context one')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('CONTEXT_INCOMPLETE')
    expect(stderr).toContain('--gateway-url')
  })

  it('cannot redirect roles and serve, nor what is about processes here', async () => {
    for (const command of ['serve', 'worker', 'gateway', 'down', 'ps', 'scale worker=1', 'logs']) {
      const { exitCode, stderr } = await run(`${command} --context one`)
      expect([command, exitCode, stderr]).toEqual([command, 2, expect.stringContaining('context')])
    }
  })

  it('names what is not there, and what may be meant', async () => {
    for (const command of [
      'context use onne',
      'context show onne',
      'context rm onne',
      'stream ls --context onne',
    ]) {
      const { exitCode, stderr } = await run(command)
      expect([command, exitCode]).toEqual([command, 3])
      expect(stderr).toContain('did you mean one?')
    }
    expect((await run('context add one --redis-url redis://x')).stderr).toContain('CONTEXT_EXISTS')
    expect((await run('context add bad --redis-url http://x')).stderr).toContain('REDIS_URL_INVALID')
    expect((await run('context add bad --llm-url x')).stderr).toContain('CONFIG_INVALID')
    expect((await run('context add local --redis-url redis://x')).exitCode).toBe(2)
  })

  it('masks secrets, and takes them from the environment where they are referred to', async () => {
    const added = await run('context add secret --redis-url', 'redis://:hidden@h:1')
    expect(added.stderr).toContain('readable by you alone')
    expect((await run('context show secret')).stdout).toContain('redis://:***@h:1')
    expect((await run('context ls --json')).stdout).not.toContain('hidden')
    const url = servers[0]?.url.replace('127.0.0.1', '\x24{TEST_HOST}') ?? ''
    await run('context add by-variable --redis-url', url)
    expect((await run('stream ls --context by-variable')).stderr).toContain('TEST_HOST')
    place.env.TEST_HOST = '127.0.0.1'
    expect(await names('--context', 'by-variable')).toBe('agent:stream:in.one')
  })

  it('goes back to what runs here', async () => {
    expect((await run('context use one')).exitCode).toBe(0)
    expect((await run('context rm one')).stderr).toContain('It was in use')
    expect((await run('context show --json')).stdout).toContain('"local"')
    expect((await run('context use local')).exitCode).toBe(0)
  })
})

describe('agentctl stream copy', () => {
  it('says what it would do, does it when told so, and leaves the source alone', async () => {
    const flags = ['--redis-url', servers[0]?.url ?? '']
    const dry = await run('stream copy in.one in.copy --dry-run', ...flags)
    expect(dry.stdout).toBe(
      'Would copy 1 entry of 1 from agent:stream:in.one to agent:stream:in.copy. Nothing was changed.',
    )
    expect((await run('stream copy in.one in.copy', ...flags)).exitCode).toBe(4)
    const done = await run('stream copy in.one in.copy --yes --json', ...flags)
    expect(JSON.parse(done.stdout)).toMatchObject({ dry_run: false, result: { copied: 1, skipped: 0 } })
    expect(await clients[0]?.xlen('agent:stream:in.copy')).toBe(1)
    expect(await clients[0]?.xlen('agent:stream:in.one')).toBe(1)
    expect((await run('stream copy none in.copy --yes', ...flags)).exitCode).toBe(3)
  })
})

describe('agentctl autocomplete', () => {
  it('prints a script for fish that knows every command', async () => {
    const { stdout, exitCode } = await run('autocomplete fish')
    expect(exitCode).toBe(0)
    for (const part of [
      "'stream copy'",
      "'context use'",
      "'doctor'",
      "-l only -r -f -a 'machine settings",
      "-a 'query chat eval events url'",
    ])
      expect(stdout).toContain(part)
  })

  it('still sets up bash and zsh', async () => {
    place.env.XDG_CACHE_HOME = join(place.dir, 'cache')
    for (const shell of ['bash', 'zsh']) {
      const { stdout, exitCode } = await run(`autocomplete ${shell}`)
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`autocomplete script ${shell}`)])
    }
    const script = readFileSync(
      join(place.dir, 'cache/agentctl/autocomplete/functions/bash/agentctl.bash'),
      'utf8',
    )
    expect(script).toContain('stream:copy')
  })
})
