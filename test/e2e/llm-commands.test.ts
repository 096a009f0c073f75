import { execa } from 'execa'
import { request } from 'undici'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import type { GenerateAnswer } from '../../src/runtime/llm/messages.ts'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import { KEY, startOpenAiUpstream } from '../support/llm-upstreams.ts'
import { agentctl, bin, eventually, startServe, type TestServe, workplace } from '../support/program.ts'

const place = workplace()
let closer = createCloser()
afterEach(async () => {
  const closing = closer
  closer = createCloser()
  await closing.close()
})
afterAll(() => place.remove())

const EXPLAIN = 'Explain loyalty programs benefits'

async function output(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await agentctl(place, ...args)
  expect([args, exitCode, stderr]).toEqual([args, 0, stderr])
  return stdout
}

async function generated(...args: string[]): Promise<GenerateAnswer> {
  return JSON.parse(await output('llm', 'generate', ...args, '--json')) as GenerateAnswer
}

/** What comes from the cache: a Redis that was held up for long is done without once. */
async function remembered(...args: string[]): Promise<GenerateAnswer> {
  let answer = await generated(...args)
  await eventually(async () => {
    if (!answer.cached) answer = await generated(...args)
    return answer.cached
  })
  return answer
}

/** The role by itself, with what it has said so far. */
async function startRole(env: Record<string, string>, ...args: string[]) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const options = { cwd: place.dir, env: { ...place.env, ...env }, stdin: 'ignore', reject: false } as const
  const child = execa(process.execPath, [bin, 'llm', '--port', String(port), ...args], options)
  closer.add(child, async () => {
    child.kill('SIGTERM')
    expect((await child).exitCode).toBe(0)
  })
  const said = { text: '' }
  child.stderr.on('data', (chunk: Buffer) => {
    said.text += chunk
  })
  await eventually(
    () => said.text.includes('llm is ready'),
    20_000,
    () => said.text,
  )
  return { url, said }
}

describe('beside a serve', () => {
  let serve: TestServe
  beforeAll(async () => {
    Object.assign(place.env, { AGENTCTL_MOCK_LATENCY: '10ms' })
    serve = await startServe(place, '--ephemeral', '--roles', 'llm=2')
  })
  afterAll(() => serve?.stop())

  it('providers are listed as a table and as JSON', async () => {
    const rows = (await output('llm', 'providers')).split('\n').map((line) => line.trim().split(/ {2,}/))
    expect(rows).toEqual([
      ['PROVIDER', 'STATE', 'BREAKER', 'MODEL', 'USED', 'NOTE'],
      ['mock', 'ready', 'closed', 'mock', 'default'],
      ['openai', 'unconfigured', '-', '-', '-', 'needs OPENAI_API_KEY'],
      ['anthropic', 'unconfigured', '-', '-', '-', 'needs ANTHROPIC_API_KEY'],
      ['ollama', 'unconfigured', '-', '-', '-', 'needs OLLAMA_URL'],
    ])
    const listed = JSON.parse(await output('llm', 'providers', '--json')) as object[]
    expect(listed).toHaveLength(4)
    expect(listed[0]).toMatchObject({ name: 'mock', state: 'ready', default: true, default_model: 'mock' })
  })

  it('a text is generated, and comes from the cache the second time, whichever replica is asked', async () => {
    const first = await agentctl(place, 'llm', 'generate', EXPLAIN)
    expect([first.exitCode, first.stdout]).toEqual([0, expect.stringContaining(`About "${EXPLAIN}"`)])
    expect(first.stderr).toMatch(/^\(Mock mock, \d+ \+ \d+ tokens\)$/m)
    for (const { facts } of serve.status.replicas.filter(({ role }) => role === 'llm')) {
      const answer = await remembered(EXPLAIN, '--llm-url', facts.url ?? '')
      expect(answer).toEqual({
        text: first.stdout,
        model: 'mock',
        provider: 'Mock',
        token_count: answer.input_tokens + answer.output_tokens,
        input_tokens: expect.any(Number),
        output_tokens: expect.any(Number),
        cached: true,
        finish_reason: 'stop',
      })
    }
    expect(await output('llm', 'generate', EXPLAIN, '--stream')).toBe(first.stdout)
    expect((await generated(EXPLAIN, '--no-cache')).cached).toBe(false)
    expect((await generated(EXPLAIN, '--temperature', '0.5')).cached).toBe(false)
  })

  it('a prompt is read from stdin, and its parameters reach the provider', async () => {
    const args = [bin, 'llm', 'generate', '-', '--max-tokens', '3', '--json']
    const input = 'Say something long.\n'
    const { stdout } = await execa(process.execPath, args, { cwd: place.dir, env: place.env, input })
    expect(JSON.parse(stdout)).toMatchObject({ text: 'About "Say s', finish_reason: 'length' })
  })

  it('the cache says how it is, and is cleared once that is confirmed', async () => {
    expect(await output('llm', 'cache', 'health')).toMatch(/^Cache +ok$/m)
    expect(JSON.parse(await output('llm', 'cache', 'health', '--json'))).toMatchObject({
      status: 'ok',
      ttl_s: 3_600,
    })
    await generated('Remember me')
    const refused = await agentctl(place, 'llm', 'cache', 'clear')
    expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining('CONFIRMATION_NEEDED')])
    expect(await output('llm', 'cache', 'clear', '--dry-run')).toContain('Nothing was changed')
    await remembered('Remember me')
    expect(await output('llm', 'cache', 'clear', '--yes')).toMatch(/^Removed \d+ answers?\.$/)
    expect((await generated('Remember me')).cached).toBe(false)
  })

  it('what is wrong is said, with an exit code that tells', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`
    const cases: [string[], number, string][] = [
      [['generate', ''], 2, 'body.prompt'],
      [['generate', 'x', '--provider', 'nobody'], 2, 'LLM_PROVIDER_UNKNOWN'],
      [['generate', 'x', '--provider', 'anthropic'], 2, 'ANTHROPIC_API_KEY'],
      [['generate', 'x', '--temperature', 'hot'], 2, '--temperature'],
      [['generate', 'x', '--temperature', '3'], 2, 'body.temperature'],
      [['generate', 'x', '--temperature', '3', '--stream'], 2, 'body.temperature'],
      [['generate', 'x', '--max-tokens', '0'], 2, '--max-tokens'],
      [['generate', 'x', '--no-cache', '--timeout', '1ms'], 75, 'LLM_TIMEOUT'],
      [['generate', 'x', '--llm-url', nowhere], 69, nowhere],
      [['generate', 'x', '--stream', '--llm-url', nowhere], 69, 'LLM_UNREACHABLE'],
      [['generate', 'x', '--llm-url', 'nowhere'], 2, '--llm-url'],
      [['providers', '--llm-url', nowhere], 69, 'LLM_UNREACHABLE'],
      [['cache', 'health', '--llm-url', nowhere], 69, 'LLM_UNREACHABLE'],
      [['cache', 'warm'], 2, 'health, clear'],
    ]
    for (const [args, code, named] of cases) {
      const { exitCode, stderr } = await agentctl(place, 'llm', ...args)
      expect([args, exitCode, stderr]).toEqual([args, code, expect.stringContaining(named)])
    }
  })
})

describe('agentctl llm', () => {
  it('serves without Redis, and says what is missing', async () => {
    const redisUrl = `redis://127.0.0.1:${await freePort()}`
    const { url, said } = await startRole({}, '--redis-url', redisUrl)
    expect(said.text).toContain('Redis is away')
    for (let i = 0; i < 2; i++) {
      expect(await generated(EXPLAIN, '--llm-url', url)).toMatchObject({ provider: 'Mock', cached: false })
    }
    expect(await output('llm', 'cache', 'health', '--llm-url', url)).toMatch(/^Cache +degraded/m)
    const ready = await request(`${url}/ready`)
    expect([ready.statusCode, await ready.body.json()]).toMatchObject([
      200,
      { checks: { cache: expect.stringContaining('degraded') } },
    ])
    const cleared = await agentctl(place, 'llm', 'cache', 'clear', '--yes', '--llm-url', url)
    expect([cleared.exitCode, cleared.stderr]).toEqual([69, expect.stringContaining('REDIS_UNREACHABLE')])
  })

  it('asks the next provider of its chain when one is down, and leaves that one alone after a while', async () => {
    const upstream = await startOpenAiUpstream({ status: 500, error: { message: 'on fire' } })
    closer.add(upstream, () => upstream.close())
    const env = { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: upstream.url, AGENTCTL_CACHE_TTL: '0' }
    const { url } = await startRole(env, '--fallback', 'openai,mock', '--attempts', '2')
    const first = await agentctl(place, 'llm', 'generate', EXPLAIN, '--llm-url', url)
    expect([first.exitCode, first.stderr]).toEqual([0, expect.stringContaining('instead of openai')])
    expect(upstream.requests.map(({ path }) => path)).toEqual(
      upstream.requests.map(() => '/v1/chat/completions'),
    )

    await eventually(async () => {
      const answer = await generated(EXPLAIN, '--llm-url', url)
      expect(answer).toMatchObject({ provider: 'Mock', fell_back_from: ['openai'] })
      return /^openai +open +open /m.test(await output('llm', 'providers', '--llm-url', url))
    }, 30_000)
    const asked = upstream.requests.length
    await generated(EXPLAIN, '--llm-url', url)
    expect(upstream.requests.length).toBe(asked)

    upstream.play({ pieces: ['Back ', 'again.'] })
    await eventually(async () => (await generated(EXPLAIN, '--llm-url', url)).text === 'Back again.', 40_000)
  })

  it('says for how long a provider wants to be left alone, and leaves it alone', async () => {
    const upstream = await startOpenAiUpstream({ status: 429, headers: { 'retry-after': '50' } })
    closer.add(upstream, () => upstream.close())
    const env = { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: upstream.url, AGENTCTL_CACHE_TTL: '0' }
    const { url } = await startRole(env, '--attempts', '1')
    // Who has more time than that is kept waiting instead.
    const args = ['llm', 'generate', 'x', '--timeout', '5s', '--json', '--llm-url', url]
    for (let i = 0; i < 2; i++) {
      const { exitCode, stdout } = await agentctl(place, ...args)
      expect([exitCode, JSON.parse(stdout).error]).toMatchObject([
        1,
        { code: 'LLM_RATE_LIMITED', status: 429 },
      ])
    }
    expect(upstream.requests).toHaveLength(1)
    const { statusCode, headers, body } = await request(`${url}/generate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'x', timeout_ms: 5_000 }),
    })
    await body.dump()
    expect(statusCode).toBe(429)
    expect(Number(headers['retry-after'])).toSatisfy((seconds) => seconds >= 1 && seconds <= 50)
  })
})
