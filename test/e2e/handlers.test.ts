import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { agentctl, eventually, type TestServe } from '../support/program.ts'
import { createScene } from '../support/scene.ts'
import { numbers, readStream, upTo } from '../support/sse.ts'

const scene = createScene()

function serveHandler(source: string, env: Record<string, string> = {}): Promise<TestServe> {
  writeFileSync(join(scene.place.dir, 'agent.ts'), source)
  return scene.serve(['--ephemeral', '--roles', 'gateway,worker', '--handler', './agent.ts'], env)
}

describe('a handler of the user', () => {
  it('in TypeScript answers with strings and objects, and sees prompt, ids and context', async () => {
    const { url } = await serveHandler(`
      import type { ChatHandler } from 'agentctl'
      const handler: ChatHandler = async function* (input, ctx) {
        yield 'for ' + input.prompt
        yield { feature: input.feature_id, chat: input.chat_id, attempt: ctx.attempt, written: ctx.written }
      }
      export default handler`)
    const { messages, done } = await readStream(url, { chat: 'own', body: { prompt: 'tea' } })
    expect(messages.map(({ message }) => message)).toEqual([
      'for tea',
      { feature: 'test', chat: 'own', attempt: 1, written: 0 },
    ])
    expect(done).toBe(true)
  })

  it('that fails halfway is tried again and repeats no message', async () => {
    const { url } = await serveHandler(`
      export default async function* (input, ctx) {
        for (let i = 0; i < 5; i++) {
          if (i === 3 && ctx.attempt === 1) throw new Error('halfway')
          yield 'message ' + i + ' of attempt ' + ctx.attempt
        }
      }`)
    const { messages, done } = await readStream(url, { chat: 'halfway' })
    expect(numbers(messages)).toEqual(upTo(5))
    expect(messages.map(({ message }) => String(message).slice(-1))).toEqual(['1', '1', '1', '2', '2'])
    expect(done).toBe(true)
  })

  it('can go on where the last attempt stopped', async () => {
    const { url } = await serveHandler(`
      export default async function* (input, ctx) {
        const earlier = await ctx.resume()
        yield 'after ' + JSON.stringify(earlier)
        if (ctx.attempt === 1) throw new Error('again')
      }`)
    const { messages } = await readStream(url, { chat: 'goon' })
    expect(messages.map(({ message }) => message)).toEqual(['after []', 'after ["after []"]'])
  })

  it('that always fails ends the stream with an error frame after three attempts', async () => {
    const { url } = await serveHandler(
      `export default async function* () { yield 'a'; throw new Error('no luck') }`,
    )
    const { frames, messages, done } = await readStream(url, { chat: 'fails' })
    expect(messages).toHaveLength(1)
    expect(done).toBe(false)
    expect(frames.at(-1)).toMatchObject({ event: 'error', id: expect.stringMatching(/^\d+-\d+$/) })
    expect(JSON.parse(frames.at(-1)?.data ?? '')).toMatchObject({
      code: 'CHAT_HANDLER_FAILED',
      detail: 'no luck',
    })
  })

  it('that throws a FatalError is not tried again', async () => {
    const { url } = await serveHandler(`
      class FatalError extends Error { name = 'FatalError' }
      export default async function* (input, ctx) { throw new FatalError('attempt ' + ctx.attempt) }`)
    const { frames } = await readStream(url, { chat: 'fatal' })
    expect(JSON.parse(frames.at(-1)?.data ?? '')).toMatchObject({ detail: 'attempt 1' })
  })

  it('that hangs is ended by the job timeout', async () => {
    const { url } = await serveHandler(
      `export default async function* () { yield 'a'; await new Promise(() => {}) }`,
      {
        AGENTCTL_JOB_TIMEOUT: '1s',
      },
    )
    const { frames } = await readStream(url, { chat: 'hangs' })
    expect(JSON.parse(frames.at(-1)?.data ?? '')).toMatchObject({ code: 'CHAT_TIMEOUT', status: 504 })
  })

  it.each([
    ['a number', 'yield 1', 'CHAT_MESSAGE_INVALID'],
    ['a cycle', 'const a = {}; a.a = a; yield a', 'CHAT_MESSAGE_INVALID'],
    ['too much', `yield 'x'.repeat(2000000)`, 'CHAT_MESSAGE_INVALID'],
  ])('that yields %s ends the stream with the reason', async (_what, statement, code) => {
    const { url } = await serveHandler(`export default async function* () { ${statement} }`)
    const { frames } = await readStream(url, { chat: 'bad' })
    expect(JSON.parse(frames.at(-1)?.data ?? '')).toMatchObject({ code })
  })

  it('that returns no async iterable ends the stream with the reason', async () => {
    const { url } = await serveHandler(`export default () => 42`)
    const { frames } = await readStream(url, { chat: 'bad' })
    expect(JSON.parse(frames.at(-1)?.data ?? '')).toMatchObject({ code: 'CHAT_HANDLER_INVALID' })
  })

  it('may log with escape sequences: they never reach the terminal', async () => {
    const { url, child } = await serveHandler(
      `export default async function* () { console.log('\\x1b[31mred\\x07'); yield 'x' }`,
    )
    let log = ''
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk
    })
    await readStream(url, { chat: 'escape' })
    await eventually(() => log.includes('[31mred'))
    expect(log).not.toContain('\x1b[31mred')
    expect(log).not.toContain('\x07')
  })
})

describe('a worker that is restarted', () => {
  it('finishes the chats it is answering first, however long they take within the drain timeout', async () => {
    const { url } = await serveHandler(
      `
      export default async function* (input, ctx) {
        for (let i = 0; i < 8; i++) {
          await new Promise((next) => setTimeout(next, 1000))
          yield { attempt: ctx.attempt }
        }
      }`,
    )
    const reading = readStream(url, {
      chat: 'long',
      onFrame({ id }) {
        if (id?.endsWith('-1')) void agentctl(scene.place, 'restart', 'worker')
      },
    })
    const { messages, done } = await reading
    expect(messages.map(({ message }) => message)).toEqual(upTo(8).map(() => ({ attempt: 1 })))
    expect(done).toBe(true)
  })
})

describe('a broken handler module', () => {
  it.each([
    ['missing', undefined, 'CHAT_HANDLER_MISSING', 'does not exist'],
    ['with a syntax error', 'export default async function* ( {', 'CHAT_HANDLER_MISSING', 'does not load'],
    ['without default export', 'export const x = 1', 'CHAT_HANDLER_INVALID', 'is missing'],
    ['with a wrong default export', 'export default 42', 'CHAT_HANDLER_INVALID', 'of type number'],
  ])('%s: serve says so, stops everything and exits with an error', async (_what, source, code, detail) => {
    if (source !== undefined) writeFileSync(join(scene.place.dir, 'agent.ts'), source)
    const { exitCode, stderr } = await agentctl(
      scene.place,
      'serve',
      '--ephemeral',
      '--port',
      '0',
      '--handler',
      './agent.ts',
    )
    expect(exitCode).not.toBe(0)
    expect(stderr).toContain(code)
    expect(stderr).toContain(detail)
    expect(stderr).toContain('Fix:')
  })

  it('makes a single worker exit with 2', async () => {
    const { exitCode, stderr } = await agentctl(scene.place, 'worker', '--handler', './nothing.ts')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('nothing.ts')
  })
})

describe('the handler "llm"', () => {
  it('streams what a model answers, and says what it needs', async () => {
    const args = ['--ephemeral', '--roles', 'gateway,worker,llm=2', '--handler', 'llm']
    const { url } = await scene.serve(args, {
      AGENTCTL_MOCK_LATENCY: '5ms',
      AGENTCTL_MOCK_TOKENS_PER_SECOND: '500',
    })
    const { messages, done } = await readStream(url, { chat: 'model', body: { prompt: 'Tea or coffee?' } })
    expect(done).toBe(true)
    expect(messages.length).toBeGreaterThan(3)
    expect(messages.map(({ message }) => message).join('')).toMatch(/^About "Tea or coffee\?": .+\.$/)
    const { text } = await readStream(url, { chat: 'silence' })
    expect(text).toMatch(/event: error\ndata: .*CHAT_HANDLER_FAILED/)
    expect(text).toContain('a model needs something to answer')
  })
})

describe('a feature with workers of its own', () => {
  it('is served by them while any lives, and by the default pool afterwards', async () => {
    const { url, redisUrl } = await scene.serve(['--ephemeral'], { AGENTCTL_LOCK_DURATION: '2s' })
    const own = agentctl(scene.place, 'worker', '--feature', 'vip', '--redis-url', redisUrl)
    const isOwn = async (chat: string) => {
      const { messages } = await readStream(url, { feature: 'vip', chat })
      expect(numbers(messages)).toEqual(upTo(20))
      return messages.every((message) => message.container_feature_id === 'vip')
    }
    let attempt = 0
    await eventually(() => isOwn(`starting-${attempt++}`))
    const other = await readStream(url, { chat: 'other' })
    expect(other.messages[0]?.container_feature_id).toBe('default')
    own.kill('SIGTERM')
    expect((await own).exitCode).toBe(0)
    expect(await isOwn('after')).toBe(false)
  })
})
