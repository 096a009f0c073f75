import { pino } from 'pino'
import { beforeEach, describe, expect, it } from 'vitest'
import { type CacheGuard, createCacheGuard } from '../../../src/runtime/llm/cache/guard.ts'

let time = 0
let guard: CacheGuard
let asked = 0

beforeEach(() => {
  time = 0
  asked = 0
  guard = createCacheGuard({ log: pino({ level: 'silent' }), now: () => time })
})

const succeed = () =>
  guard.run(async () => {
    asked += 1
    return 'value'
  })
const fail = (message = 'Command timed out', name = 'Error') =>
  guard.run(async () => {
    asked += 1
    throw Object.assign(new Error(message), { name })
  })
async function failTimes(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await fail()
}

describe('the guard of the cache', () => {
  it('gives what the work gives, and nothing for what fails', async () => {
    expect(await succeed()).toBe('value')
    expect(await fail()).toBeUndefined()
    expect(await succeed()).toBe('value')
  })

  it('asks no more after three failures in a row', async () => {
    await failTimes(3)
    expect(guard.trouble).toBe('Command timed out')
    expect(await succeed()).toBeUndefined()
    expect(asked).toBe(3)
  })

  it('does not count failures that are not in a row', async () => {
    await failTimes(2)
    await succeed()
    await failTimes(2)
    expect(guard.trouble).toBeUndefined()
  })

  it('lets one probe through when the pause is over, and everybody once that succeeds', async () => {
    await failTimes(3)
    time += 500
    const held = Promise.withResolvers<string>()
    const probe = guard.run(() => held.promise)
    expect(await succeed()).toBeUndefined()
    held.resolve('back')
    expect(await probe).toBe('back')
    expect(guard.trouble).toBeUndefined()
    expect(await succeed()).toBe('value')
  })

  it('waits longer after each probe that fails, and tries again even when a probe hangs', async () => {
    await failTimes(3)
    time += 500
    await fail()
    asked = 0
    time += 999
    await succeed()
    expect(asked).toBe(0)
    time += 1
    void guard.run(() => new Promise(() => {}))
    time += 1_000
    expect(await succeed()).toBe('value')
  })

  it('does not wait longer because many failed at once', async () => {
    await Promise.all(Array.from({ length: 50 }, () => fail()))
    time += 500
    expect(await succeed()).toBe('value')
  })

  it('does not take an error reply about one command for an absent server', async () => {
    for (let i = 0; i < 10; i++) await fail('WRONGTYPE Operation against a key', 'ReplyError')
    expect(guard.trouble).toBeUndefined()
  })

  it.each(['LOADING Redis is loading', 'OOM command not allowed', 'READONLY You can’t write'])(
    'takes "%s" for a server that cannot be used now',
    async (message) => {
      for (let i = 0; i < 3; i++) await fail(message, 'ReplyError')
      expect(guard.trouble).toBe(message)
    },
  )
})
