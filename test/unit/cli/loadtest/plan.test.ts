import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { headersOf } from '../../../../src/cli/loadtest/load-headers.ts'
import { optionsOf, type ScenarioFlags } from '../../../../src/cli/loadtest/load-options.ts'
import { type LoadFlags, planOf } from '../../../../src/cli/loadtest/load-plan.ts'
import { targetOf } from '../../../../src/cli/loadtest/load-target.ts'
import { ratesOf } from '../../../../src/cli/loadtest/rates.ts'
import type { ScenarioName } from '../../../../src/runtime/loadtest/index.ts'

const plan = (flags: LoadFlags) =>
  planOf({ scenario: 'query', target: 'http://a', options: {}, flags, concurrency: 50 })
const refused = (field: string, text: string | RegExp) =>
  expect.objectContaining({
    code: 'LOADTEST_OPTION_INVALID',
    field,
    message: typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text),
  })

describe('the plan', () => {
  it('is as many requests as clients, unless something else is said', () => {
    expect(plan({})).toMatchObject({
      load: { kind: 'closed', concurrency: 50, requests: 50, duration: null },
      ...{ warmup: 0, timeout: 60_000, seed: 1, threads: 1 },
    })
    expect(plan({ concurrency: 7, requests: 100 }).load).toMatchObject({ concurrency: 7, requests: 100 })
    expect(plan({ duration: 5_000 }).load).toMatchObject({ concurrency: 50, requests: null, duration: 5_000 })
    expect(plan({ duration: 5_000, requests: 3 }).load).toMatchObject({ requests: 3, duration: 5_000 })
  })

  it('has a rate, which the number of clients limits only when it is said', () => {
    expect(plan({ rate: 200 }).load).toEqual({
      ...{ kind: 'open', rate: 200, arrivals: 'constant', duration: 10_000, ramp: 0, concurrency: null },
    })
    expect(
      plan({ rate: 0.5, arrivals: 'poisson', duration: 30_000, ramp: 30_000, concurrency: 3 }).load,
    ).toEqual({
      ...{ kind: 'open', rate: 0.5, arrivals: 'poisson', duration: 30_000, ramp: 30_000, concurrency: 3 },
    })
  })

  it.each<[LoadFlags, string, string | RegExp]>([
    [{ arrivals: 'poisson' }, 'arrivals', '--arrivals needs --rate'],
    [{ ramp: 1_000 }, 'ramp', '--ramp needs --rate'],
    [{ rate: 10, requests: 5 }, 'requests', '--requests contradicts --rate'],
    [{ rate: 10, duration: 1_000, ramp: 2_000 }, 'ramp', 'longer than --duration'],
    [{ rate: 0 }, 'rate', '--rate'],
    [{ rate: Number.NaN }, 'rate', '--rate'],
    [{ rate: Number.POSITIVE_INFINITY }, 'rate', '--rate'],
    [{ rate: 2_000_000 }, 'rate', /^--rate: /],
    [{ duration: 0 }, 'duration', '--duration must be more'],
    [{ duration: 3e9 }, 'duration', '--duration may be at most 24d'],
    [{ concurrency: 0 }, 'concurrency', /^--concurrency: /],
    [{ requests: 0 }, 'requests', /^--requests: /],
    [{ seed: -1 }, 'seed', /^--seed: /],
    [{ threads: 65, concurrency: 100 }, 'threads', /^--threads: /],
    [{ threads: 3, concurrency: 2 }, 'threads', 'more threads than --concurrency'],
  ])('refuses %j', (flags, field, text) => {
    expect(() => plan(flags)).toThrow(refused(field, text))
  })
})

describe('the target', () => {
  const gateway = { url: 'http://127.0.0.1:8000', named: false }

  it('is the gateway, a URL with a scenario, or a URL alone', () => {
    expect(targetOf({}, gateway)).toEqual({ scenario: 'query', url: 'http://127.0.0.1:8000', headers: {} })
    expect(targetOf({ scenario: 'chat', url: 'https://x.test/' }, gateway)).toMatchObject({
      ...{ scenario: 'chat', url: 'https://x.test' },
    })
    expect(targetOf({ scenario: 'http://x.test/a?b=1#c' }, gateway)).toMatchObject({
      ...{ scenario: 'url', url: 'http://x.test/a?b=1' },
    })
  })

  it('makes a header of credentials, which are kept nowhere else', () => {
    const found = targetOf({ scenario: 'http://me:p%40ss@x.test/a' }, gateway)
    expect(found.url).toBe('http://x.test/a')
    expect(found.headers).toEqual({ authorization: `Basic ${btoa('me:p@ss')}` })
    const odd = targetOf({ scenario: 'http://me:100%@x.test/a' }, gateway)
    expect(odd.headers).toEqual({ authorization: `Basic ${btoa('me:100%')}` })
  })

  it.each([
    [
      { scenario: 'nope' },
      false,
      'scenario',
      '"nope" is no scenario: there are query, chat, eval, events, url',
    ],
    [{ scenario: 'url' }, false, 'url', 'needs the URL'],
    [{ scenario: 'http://a', url: 'http://b' }, false, 'url', 'two targets'],
    [{ scenario: 'chat', url: 'http://a' }, true, 'gatewayUrl', 'contradicts'],
    [{ scenario: 'ftp://user:secret@a' }, false, 'url', '"ftp://***@a" is not an http'],
    [{ scenario: 'chat', url: 'localhost:8000' }, false, 'url', 'is not an http'],
  ])('refuses %j', (args, named, field, text) => {
    expect(() => targetOf(args, { ...gateway, named })).toThrow(refused(field, text))
  })
})

describe('headers', () => {
  it('take secrets from the environment', () => {
    const texts = [`Authorization: Bearer \${TOKEN}`, 'X-Empty:', 'x-url: http://a:80/']
    expect(headersOf(texts, { TOKEN: 's3cret' })).toEqual({
      ...{ authorization: 'Bearer s3cret', 'x-empty': '', 'x-url': 'http://a:80/' },
    })
  })

  it.each([
    ['nothing', 'expected'],
    [': x', 'expected'],
    ['a b: x', 'expected'],
    ['Content-Length: 5', 'content-length is set by the load tester'],
    [`x: \${MISSING}`, 'the environment variable MISSING is not set'],
    ['x: a\r\ny: b', 'characters that no header may have'],
    ['x: 日本', 'characters that no header may have'],
  ])('refuse %j', (text, why) => {
    expect(() => headersOf([text], {})).toThrow(refused('header', why))
  })
})

describe('options of scenarios', () => {
  const dir = mkdtempSync(join(tmpdir(), 'agentctl-load-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  const file = (name: string, content: string) => {
    writeFileSync(join(dir, name), content)
    return join(dir, name)
  }

  it.each<[ScenarioName, ScenarioFlags, object]>([
    [
      'query',
      { query: ['a', 'b'], 'top-k': 3 },
      { query: ['a', 'b'], repeat: false, stream: false, topK: 3 },
    ],
    ['chat', { 'max-events': 5, prompt: 'x' }, { feature: 'test', reconnect: 0, maxEvents: 5, prompt: 'x' }],
    ['eval', {}, { code: 'print("ok")', language: 'python' }],
    [
      'events',
      { data: '{"a":[1]}', consume: true },
      { type: 'loadtest.event', data: { a: [1] }, consume: true },
    ],
    ['url', { method: 'POST', body: 'x' }, { method: 'POST', body: 'x', expect: '2xx,3xx' }],
  ])('%s %j', async (scenario, flags, options) => {
    expect(await optionsOf(scenario, flags)).toEqual(options)
  })

  it('read files', async () => {
    const messages = file('messages.json', '[{"role":"user","content":"hi"}]')
    expect(await optionsOf('chat', { messages })).toMatchObject({
      messages: [{ role: 'user', content: 'hi' }],
    })
    const program = file('job.js', 'console.log(1)')
    expect(await optionsOf('eval', { file: program })).toEqual({
      code: 'console.log(1)',
      language: 'javascript',
    })
    expect(await optionsOf('url', { body: `@${program}` })).toMatchObject({ body: 'console.log(1)' })
  })

  it.each<[ScenarioName, ScenarioFlags, string]>([
    ['chat', { query: ['a'] }, '--query is of the scenario query, and chat is what runs'],
    ['query', { prompt: 'x' }, '--prompt is of the scenario chat'],
    ['query', { 'top-k': 99 }, '--top-k'],
    ['query', { query: [' '] }, '--query'],
    ['chat', { prompt: 'a', messages: 'FILE' }, 'not both'],
    ['chat', { feature: 'a:b' }, '--feature'],
    ['eval', { file: 'x.py', code: 'y' }, '--file contradicts --code'],
    ['events', { data: '{' }, '--data: it is no JSON'],
    ['events', { data: '1', size: 10 }, 'not both'],
    ['url', { expect: 'ok' }, '--expect'],
  ])('refuse %s %j', async (scenario, flags, text) => {
    const messages = flags.messages === 'FILE' ? file('m.json', '[]') : undefined
    const given = messages === undefined ? flags : { ...flags, messages }
    await expect(optionsOf(scenario, given)).rejects.toMatchObject({
      ...{ code: 'LOADTEST_OPTION_INVALID', message: expect.stringContaining(text) },
    })
  })

  it('name files that cannot be read, and event types that are none', async () => {
    await expect(optionsOf('chat', { messages: join(dir, 'none') })).rejects.toMatchObject({
      ...{
        code: 'LOADTEST_FILE_INVALID',
        message: expect.stringMatching(/^--messages: .*it does not exist$/),
      },
    })
    await expect(optionsOf('events', { type: 'No Type' })).rejects.toMatchObject({
      code: 'EVENT_TYPE_INVALID',
    })
  })
})

describe('several rates', () => {
  it('are a search, or a list', () => {
    expect(ratesOf({})).toBeUndefined()
    expect(ratesOf({ 'find-max': 'p99<1s', rate: 10 })).toEqual({ kind: 'find-max', conditions: ['p99<1s'] })
    expect(ratesOf({ sweep: '10, 20,40.5' })).toEqual({ kind: 'sweep', rates: [10, 20, 40.5] })
  })

  it.each([
    [{ 'find-max': 'x', sweep: '1' }, 'sweep', '--find-max contradicts --sweep'],
    [{ 'find-max': 'x', out: 'f' }, 'out', 'it makes several runs'],
    [{ sweep: '1', rate: 5 }, 'rate', '--sweep contradicts --rate'],
    [{ sweep: '1,,2' }, 'sweep', '--sweep: expected'],
    [{ sweep: '1,-2' }, 'sweep', '--sweep: expected'],
    [{ sweep: '' }, 'sweep', '--sweep: expected'],
  ])('refuse %j', (flags, field, text) => {
    expect(() => ratesOf(flags)).toThrow(refused(field, text))
  })
})
