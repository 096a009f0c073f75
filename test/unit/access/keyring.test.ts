import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { createKeyring } from '../../../src/runtime/access/keyring.ts'
import { CHANGES_CHANNEL } from '../../../src/runtime/access/keys.ts'
import type { AccessRecord } from '../../../src/runtime/access/record.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { silent } from '../../support/redis.ts'

const record: AccessRecord = { id: 'a', name: 'n', digest: 'd', scopes: ['chat'], created: 0 }

/** A keyring over a store that the test answers for, and a clock that stands. */
function scene() {
  const subscriber = Object.assign(new EventEmitter(), { subscribe: async () => 1 })
  const state = {
    now: 0,
    reads: 0,
    revoked: [] as string[],
    answer: async (): Promise<AccessRecord | undefined> => record,
  }
  const keyring = createKeyring({
    store: {
      find: () => {
        state.reads++
        return state.answer()
      },
    },
    subscriber: subscriber as unknown as RedisClient,
    onRevoked: (id) => state.revoked.push(id),
    log: silent,
    fresh: 1_000,
    grace: 60_000,
    now: () => state.now,
  })
  return {
    keyring,
    state,
    revoke: (id: string) => subscriber.emit('message', CHANGES_CHANNEL, `revoked:${id}`),
  }
}

const away = async () => {
  throw new Error('connect ECONNREFUSED 127.0.0.1:6379')
}

it('asks once for many requests, and again after a second', async () => {
  const { keyring, state } = scene()
  await Promise.all([keyring.find('a'), keyring.find('a'), keyring.find('a')])
  state.now = 999
  expect(await keyring.find('a')).toBe(record)
  expect(state.reads).toBe(1)
  state.now = 1_000
  await keyring.find('a')
  expect(state.reads).toBe(2)
})

it('a key that nobody has made is asked for each time', async () => {
  const { keyring, state } = scene()
  state.answer = async () => undefined
  expect(await keyring.find('a')).toBeUndefined()
  expect(await keyring.find('a')).toBeUndefined()
  expect(state.reads).toBe(2)
})

it('a revocation that is announced counts at once', async () => {
  const { keyring, state, revoke } = scene()
  await keyring.find('a')
  state.answer = async () => ({ ...record, revoked: 1 })
  revoke('a')
  expect(await keyring.find('a')).toMatchObject({ revoked: 1 })
  expect(state.revoked).toEqual(['a'])
})

it('what was read before a revocation is not remembered', async () => {
  const { keyring, state, revoke } = scene()
  const read = Promise.withResolvers<AccessRecord>()
  state.answer = () => read.promise
  const early = keyring.find('a')
  revoke('a')
  read.resolve(record)
  await early
  state.answer = async () => ({ ...record, revoked: 1 })
  expect(await keyring.find('a')).toMatchObject({ revoked: 1 })
})

it('nor when the key is read again before that reading is over', async () => {
  const { keyring, state, revoke } = scene()
  const [early, late] = [
    Promise.withResolvers<AccessRecord>(),
    Promise.withResolvers<AccessRecord>(),
  ] as const
  state.answer = () => early.promise
  const before = keyring.find('a')
  revoke('a')
  state.answer = () => late.promise
  const after = keyring.find('a')
  early.resolve(record)
  await before
  late.reject(new Error('connect ECONNREFUSED 127.0.0.1:6379'))
  await expect(after).rejects.toMatchObject({ code: 'ACCESS_UNAVAILABLE' })
})

it('while Redis is away a key is good for a minute, and then nobody is let in', async () => {
  const { keyring, state } = scene()
  await keyring.find('a')
  state.answer = away
  state.now = 59_999
  expect(await keyring.find('a')).toBe(record)
  state.now = 60_000
  await expect(keyring.find('a')).rejects.toMatchObject({ code: 'ACCESS_UNAVAILABLE', status: 503 })
  await expect(keyring.find('b')).rejects.toMatchObject({ code: 'ACCESS_UNAVAILABLE' })
})

it('another trouble is no reason to trust what was read', async () => {
  const { keyring, state } = scene()
  await keyring.find('a')
  state.now = 1_000
  state.answer = async () => {
    throw new Error('WRONGTYPE')
  }
  await expect(keyring.find('a')).rejects.toThrow('WRONGTYPE')
})
