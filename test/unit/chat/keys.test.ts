import { describe, expect, it } from 'vitest'
import { POOLS_KEY, poolKey, QUEUE_PREFIX, queueName, streamKey } from '../../../src/runtime/chat/keys.ts'

describe('the Redis keys of chats', () => {
  it('writes the stream literally', () => {
    expect(streamKey({ feature: 'test', chat: 'chat-1' })).toBe('stream:test:chat-1')
  })

  it('gives no two chats the same stream, since ids hold no colon', () => {
    expect(streamKey({ feature: 'a-b', chat: 'c' })).not.toBe(streamKey({ feature: 'a', chat: 'b-c' }))
  })

  it('keeps all keys of the queues in one slot of a cluster', () => {
    expect(QUEUE_PREFIX).toBe('{chat}')
  })

  it('names the default pool apart from any feature', () => {
    expect(queueName('default')).toBe('default')
    expect(queueName('support')).toBe('feature-support')
    expect(queueName('support')).not.toContain(':')
  })

  it('keeps a pool of any name apart from the list of pools', () => {
    expect(poolKey('s')).not.toBe(POOLS_KEY)
  })
})
