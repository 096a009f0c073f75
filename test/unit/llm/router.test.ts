import { beforeEach, describe, expect, it } from 'vitest'
import {
  createRouter,
  type Question,
  type Router,
  type RouterOptions,
} from '../../../src/runtime/llm/routing/router.ts'
import { sleep } from '../../../src/runtime/resilience/index.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { collect, failureOf } from '../../support/llm-providers.ts'
import { silent } from '../../support/redis.ts'
import { createScriptedProvider, type ScriptedProvider, TEXT } from '../../support/scripted-provider.ts'

const QUESTION: Question = { turns: [{ role: 'user', content: 'hello' }], maxTokens: 10 }

let clock: FakeClock
let first: ScriptedProvider
let second: ScriptedProvider
let third: ScriptedProvider
let attempts: string[]
let controller: AbortController

beforeEach(() => {
  clock = createFakeClock()
  first = createScriptedProvider('first', clock, { knows: (model) => !model.startsWith('second-') })
  second = createScriptedProvider('second', clock, { knows: (model) => model.startsWith('second-') })
  third = createScriptedProvider('third', clock)
  attempts = []
  controller = new AbortController()
})

function make(fallback: string[] = [], more: Partial<RouterOptions> = {}): Router {
  return createRouter({
    providers: {
      configured: new Map([first, second, third].map((provider) => [provider.name, provider])),
      unconfigured: [{ name: 'absent', label: 'Absent', needs: 'ABSENT_KEY' }],
      default: 'first',
      fallback,
      close: async () => {},
    },
    clock,
    random: () => 0.5,
    retry: { attempts: 3, base: 100, cap: 1_000 },
    breaker: { failures: 4, openFor: 5_000 },
    hooks: { attempt: (provider, result) => attempts.push(`${provider}:${result}`) },
    log: silent,
    ...more,
  })
}

const limits = (ms = 60_000) => ({ signal: controller.signal, deadline: clock.now() + ms })
const complete = (router: Router, choice = {}, ms?: number) =>
  clock.until(router.complete(choice, QUESTION, limits(ms)))
const failure = (router: Router, choice = {}, ms?: number) => failureOf(complete(router, choice, ms))
const stream = (router: Router, choice = {}, ms?: number) =>
  clock.until(collect(router.stream(choice, QUESTION, limits(ms))))

describe('which provider and model', () => {
  it.each([
    [{}, 'first', 'first-default'],
    [{ model: 'some-model' }, 'first', 'some-model'],
    [{ provider: 'second' }, 'second', 'second-default'],
    [{ provider: ' Second ', model: 'second-large' }, 'second', 'second-large'],
    [{ model: 'second-large' }, 'second', 'second-large'],
    [{ provider: 'third', model: 'second-large' }, 'third', 'second-large'],
  ])('%o is answered by %s with %s', (choice, provider, model) => {
    expect(make().resolve(choice)).toMatchObject({ provider: { name: provider }, model })
  })

  it.each([
    [{ provider: 'nobody' }, 'LLM_PROVIDER_UNKNOWN', 'provider'],
    [{ provider: 'absent' }, 'LLM_PROVIDER_UNCONFIGURED', 'provider'],
    [{ provider: 'first', model: 'second-large' }, 'LLM_MODEL_UNKNOWN', 'model'],
    [{ provider: 'second', model: 'first-large' }, 'LLM_MODEL_UNKNOWN', 'model'],
  ])('%o is refused with %s', async (choice, code, field) => {
    expect(() => make().resolve(choice)).toThrow(expect.objectContaining({ code, field }))
    expect(await failure(make(), choice)).toMatchObject({ code, status: 400 })
  })
})

describe('one provider', () => {
  it('answers', async () => {
    expect(await complete(make())).toMatchObject({
      text: TEXT.join(''),
      provider: { name: 'first' },
      fellBackFrom: [],
    })
    expect(attempts).toEqual(['first:ok'])
    expect(clock.pending).toBe(0)
  })

  it('is asked again after failures, with jitter', async () => {
    first.play({ fails: 'LLM_UPSTREAM_FAILED' }, { fails: 'LLM_UPSTREAM_FAILED' }, {})
    await complete(make())
    expect(first.prompts).toHaveLength(3)
    expect(clock.now()).toBe(50 + 100)
  })

  it('is given up after so many tries', async () => {
    first.play({ fails: 'LLM_UPSTREAM_FAILED' })
    expect(await failure(make())).toMatchObject({ code: 'LLM_UPSTREAM_FAILED', status: 502 })
    expect(first.prompts).toHaveLength(3)
  })

  it.each(['LLM_REQUEST_REFUSED', 'LLM_KEY_REFUSED', 'LLM_MODEL_UNKNOWN'] as const)(
    'is not asked again after %s, which no breaker counts',
    async (fails) => {
      first.play({ fails })
      const router = make()
      for (let i = 0; i < 10; i++) expect(await failure(router)).toMatchObject({ code: fails })
      expect(first.prompts).toHaveLength(10)
      expect(router.status()[0]).toMatchObject({ state: 'ready' })
    },
  )

  it('is waited for as it asks to (Retry-After)', async () => {
    first.play({ fails: 'LLM_RATE_LIMITED', retryAfter: 7_000 }, {})
    await complete(make())
    expect(clock.now()).toBe(7_050)
  })

  it('is not waited for beyond the deadline, nor for longer than a minute', async () => {
    first.play({ fails: 'LLM_RATE_LIMITED', retryAfter: 7_000 })
    expect(await failure(make(), {}, 5_000)).toMatchObject({
      code: 'LLM_RATE_LIMITED',
      retryAfter: 7_000,
      status: 429,
    })
    first.play({ fails: 'LLM_RATE_LIMITED', retryAfter: 61_000 })
    expect(await failure(make(), {}, 600_000)).toMatchObject({ retryAfter: 61_000 })
    expect(clock.now()).toBe(0)
  })

  it('keeps other requests back meanwhile, without being asked and without its breaker opening', async () => {
    const router = make()
    first.play({ fails: 'LLM_RATE_LIMITED', retryAfter: 30_000 }, {})
    await failure(router, {}, 5_000)
    for (let i = 0; i < 10; i++) {
      expect(await failure(router, {}, 5_000)).toMatchObject({ code: 'LLM_RATE_LIMITED', retryAfter: 30_000 })
    }
    expect(first.prompts).toHaveLength(1)
    expect(router.status()[0]).toMatchObject({ state: 'limited', retry_in_ms: 30_000 })
    expect(await complete(router)).toMatchObject({ provider: { name: 'first' } })
    expect(clock.now()).toBe(30_000)
  })

  it('that hangs costs the deadline, and no more', async () => {
    first.play({ hangs: true })
    expect(await failure(make(), {}, 20_000)).toMatchObject({ code: 'LLM_TIMEOUT', status: 504 })
    expect(clock.now()).toBe(20_000)
    expect(clock.pending).toBe(0)
  })

  it('ends with the reason of the one who asked', async () => {
    first.play({ hangs: true })
    const reason = new Error('gone')
    const answer = failureOf(make(['second']).complete({}, QUESTION, limits()))
    await clock.advance(1_000)
    controller.abort(reason)
    expect(await answer).toBe(reason)
    expect(second.prompts).toEqual([])
    expect(attempts).toEqual(['first:INTERNAL'])
    expect(clock.pending).toBe(0)
  })
})

describe('the circuit breaker of a provider', () => {
  async function breakIt(router: Router): Promise<void> {
    first.play({ fails: 'LLM_UPSTREAM_FAILED' })
    await failure(router)
    await failure(router)
  }

  it('opens, and requests fail at once', async () => {
    const router = make()
    await breakIt(router)
    const asked = first.prompts.length
    const now = clock.now()
    expect(await failure(router)).toMatchObject({ code: 'LLM_CIRCUIT_OPEN', status: 503 })
    expect(first.prompts).toHaveLength(asked)
    expect(clock.now()).toBe(now)
    expect(router.status()[0]).toMatchObject({ state: 'open' })
  })

  it('lets one request find out whether it is well again', async () => {
    const router = make()
    await breakIt(router)
    await clock.advance(6_000)
    first.play({ after: 1_000 })
    const [probe, other] = [router.complete({}, QUESTION, limits()), router.complete({}, QUESTION, limits())]
    expect(await clock.until(failureOf(other))).toMatchObject({ code: 'LLM_CIRCUIT_OPEN' })
    expect(await clock.until(probe)).toMatchObject({ provider: { name: 'first' } })
    await complete(router)
    expect(router.status()[0]).toMatchObject({ state: 'ready' })
  })

  it('counts hanging, but not the hurry of who asks', async () => {
    const router = make([], { retry: { attempts: 1 } })
    first.play({ hangs: true })
    for (let i = 0; i < 10; i++) await failure(router, {}, 100)
    expect(router.status()[0]).toMatchObject({ state: 'ready' })
    for (let i = 0; i < 4; i++) await failure(router, {}, 20_000)
    expect(router.status()[0]).toMatchObject({ state: 'open' })
  })

  it('counts streams that fall silent, but not those that write until there is no more time', async () => {
    const router = make()
    const plain = first.stream
    first.stream = async function* (_prompt, signal) {
      for (;;) {
        await sleep(clock, 4_000, signal)
        yield 'word '
      }
    }
    for (let i = 0; i < 10; i++)
      expect(await failureOf(stream(router))).toMatchObject({ code: 'LLM_TIMEOUT' })
    expect(router.status()[0]).toMatchObject({ state: 'ready' })
    first.stream = plain
    first.play({ hangs: true, atPiece: 2 })
    for (let i = 0; i < 4; i++) await failureOf(stream(router))
    expect(router.status()[0]).toMatchObject({ state: 'open' })
  })

  it('counts streams that break off', async () => {
    const router = make()
    first.play({ fails: 'LLM_UPSTREAM_FAILED', atPiece: 1 })
    for (let i = 0; i < 4; i++) await failureOf(stream(router))
    expect(router.status()[0]).toMatchObject({ state: 'open' })
  })
})

describe('the fallback chain', () => {
  it.each(['LLM_UPSTREAM_FAILED', 'LLM_KEY_REFUSED', 'LLM_MODEL_UNKNOWN'] as const)(
    'stands in after %s, with its own models',
    async (fails) => {
      first.play({ fails })
      const answer = await complete(make(['second', 'third']), { model: 'special' })
      expect(answer).toMatchObject({ provider: { name: 'second' }, fellBackFrom: ['first'] })
      expect(first.prompts[0]?.model).toBe('special')
      expect(second.prompts[0]?.model).toBe('second-default')
    },
  )

  it('fills no log while a provider is left alone', async () => {
    const lines: unknown[] = []
    const log = Object.assign(Object.create(silent), { warn: (line: unknown) => lines.push(line) })
    const router = make(['second'], { log })
    first.play({ fails: 'LLM_UPSTREAM_FAILED' })
    for (let i = 0; i < 20; i++) await complete(router)
    expect(router.status()[0]).toMatchObject({ state: 'open' })
    expect(lines.length).toBeLessThan(3)
  })

  it('goes on to the next', async () => {
    first.play({ fails: 'LLM_KEY_REFUSED' })
    second.play({ fails: 'LLM_REQUEST_REFUSED' })
    expect(await complete(make(['first', 'second', 'third']))).toMatchObject({
      provider: { name: 'third' },
      fellBackFrom: ['first', 'second'],
    })
  })

  it('begins at the provider that was asked for', async () => {
    second.play({ fails: 'LLM_KEY_REFUSED' })
    expect(await complete(make(['second', 'third']), { provider: 'second' })).toMatchObject({
      provider: { name: 'third' },
      fellBackFrom: ['second'],
    })
    expect(first.prompts).toEqual([])
  })

  it('is not for requests that are wrong', async () => {
    first.play({ fails: 'LLM_REQUEST_REFUSED' })
    expect(await failure(make(['second']))).toMatchObject({ code: 'LLM_REQUEST_REFUSED', status: 400 })
    expect(second.prompts).toEqual([])
  })

  it('does not wait for who wants a pause', async () => {
    first.play({ fails: 'LLM_RATE_LIMITED', retryAfter: 5_000 })
    const router = make(['second'])
    expect(await complete(router)).toMatchObject({ provider: { name: 'second' } })
    expect(await complete(router)).toMatchObject({ provider: { name: 'second' } })
    expect(clock.now()).toBe(0)
    expect(first.prompts).toHaveLength(1)
  })

  it('leaves each provider its share of the time', async () => {
    first.play({ hangs: true })
    second.play({ hangs: true })
    expect(await complete(make(['second', 'third']))).toMatchObject({ provider: { name: 'third' } })
    expect(clock.now()).toBe(20_000 + 20_000)
  })

  it('tells what was asked first, and what became of all', async () => {
    first.play({ fails: 'LLM_RATE_LIMITED', retryAfter: 9_000 })
    second.play({ fails: 'LLM_RATE_LIMITED', retryAfter: 4_000 })
    third.play({ fails: 'LLM_KEY_REFUSED' })
    expect(await failure(make(['second', 'third']))).toMatchObject({
      code: 'LLM_RATE_LIMITED',
      message: 'first failed; second failed; third failed',
      retryAfter: 4_000,
      status: 429,
    })
  })
})

describe('a stream', () => {
  it('comes in pieces and ends with the whole', async () => {
    const { pieces, result } = await stream(make())
    expect(pieces).toEqual(TEXT)
    expect(result).toMatchObject({ text: TEXT.join(''), provider: { name: 'first' }, fellBackFrom: [] })
    expect(attempts).toEqual(['first:ok'])
    expect(clock.pending).toBe(0)
  })

  it('is asked for again, then of another, before its first piece', async () => {
    first.play({ fails: 'LLM_UPSTREAM_FAILED' })
    const { pieces, result } = await stream(make(['second']))
    expect(first.prompts).toHaveLength(3)
    expect(pieces).toEqual(TEXT)
    expect(result).toMatchObject({ provider: { name: 'second' }, fellBackFrom: ['first'] })
  })

  it('is not after its first piece', async () => {
    first.play({ fails: 'LLM_UPSTREAM_FAILED', atPiece: 1 })
    expect(await failureOf(stream(make(['second'])))).toMatchObject({ code: 'LLM_UPSTREAM_FAILED' })
    expect(first.prompts).toHaveLength(1)
    expect(second.prompts).toEqual([])
  })

  it('goes to another when the first piece does not come', async () => {
    first.play({ hangs: true })
    const { result } = await stream(make(['second'], { firstPiece: 3_000 }))
    expect(result).toMatchObject({ provider: { name: 'second' } })
    expect(clock.now()).toBe(3_000)
  })

  it('may take longer than that once it has begun', async () => {
    first.play({ after: 40_000, atPiece: 1 })
    const { result } = await stream(make(['second'], { firstPiece: 3_000 }))
    expect(result).toMatchObject({ provider: { name: 'first' } })
    expect(clock.now()).toBe(40_000)
  })

  it('ends at the deadline when it falls silent', async () => {
    first.play({ hangs: true, atPiece: 2 })
    expect(await failureOf(stream(make(['second'])))).toMatchObject({ code: 'LLM_TIMEOUT' })
    expect(clock.now()).toBe(60_000)
    expect(clock.pending).toBe(0)
  })

  it('that nobody reads to its end is let go, and teaches nothing', async () => {
    const router = make()
    const pieces = router.stream({}, QUESTION, limits())
    await pieces.next()
    await pieces.return(undefined as never)
    expect(attempts).toEqual(['first:cancelled'])
    expect(clock.pending).toBe(0)
  })
})

it('the status names all providers, and what the others need', () => {
  expect(make(['third', 'second']).status()).toEqual([
    { name: 'first', label: 'FIRST', state: 'ready', default: true, default_model: 'first-default' },
    {
      name: 'second',
      label: 'SECOND',
      state: 'ready',
      default: false,
      fallback: 2,
      default_model: 'second-default',
    },
    {
      name: 'third',
      label: 'THIRD',
      state: 'ready',
      default: false,
      fallback: 1,
      default_model: 'third-default',
    },
    { name: 'absent', label: 'Absent', state: 'unconfigured', default: false, needs: 'ABSENT_KEY' },
  ])
})
