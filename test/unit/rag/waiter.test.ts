import { EventEmitter } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { ragError } from '../../../src/runtime/rag/errors.ts'
import { createCompletionWaiter } from '../../../src/runtime/rag/service/waiter.ts'
import { silent } from '../../support/redis.ts'

const completions = new Map<string, string>()
const redis = {
  mget: async (keys: string[]) => keys.map((key) => completions.get(key) ?? null),
} as unknown as RedisClient
const subscriber = Object.assign(new EventEmitter(), {
  subscribe: async () => 1,
  unsubscribe: async () => 0,
}) as unknown as RedisClient

let waiter: ReturnType<typeof createCompletionWaiter>
const open = () => {
  waiter = createCompletionWaiter({ redis, subscriber, gateway: 'g', log: silent })
  return waiter
}
afterEach(() => {
  waiter.close()
  completions.clear()
})

describe('waiting for a completion', () => {
  it('is not ended by an error of the moment', async () => {
    let looks = 0
    const { completion } = open().wait('j', {
      timeout: 5_000,
      foreign: true,
      async onQuiet() {
        if (++looks === 1) throw new Error('Connection is closed.')
        completions.set('job:completion:j', 'here')
      },
    })
    expect(await completion).toBe('here')
    expect(looks).toBe(2)
  })

  it('is ended by an error that says so, whenever that is looked at', async () => {
    const { completion } = open().wait('j', {
      timeout: 5_000,
      foreign: true,
      onQuiet: () => Promise.reject(ragError('RAG_NO_WORKER', 'nobody')),
    })
    // Nobody minds it yet: the job is still being added.
    await new Promise((later) => setTimeout(later, 600))
    await expect(completion).rejects.toMatchObject({ code: 'RAG_NO_WORKER' })
  })
})
