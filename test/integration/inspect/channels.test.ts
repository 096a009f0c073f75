import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ChannelMessage, listenToChannels } from '../../../src/runtime/inspect/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
})
afterAll(() => server.close())

/** What is heard of `sent`, up to a last message. */
async function heard(names: string[], sent: [channel: string, message: string][]): Promise<ChannelMessage[]> {
  const stop = new AbortController()
  const messages: ChannelMessage[] = []
  const publish = async () => {
    for (const [channel, message] of sent) await redis.publish(channel, message)
    await redis.publish('the:end', '')
  }
  const subscriber = server.connect('subscriber')
  for await (const message of listenToChannels(subscriber, [...names, 'the:end'], stop.signal, publish)) {
    if (message.channel === 'the:end') stop.abort()
    else messages.push(message)
  }
  return messages
}

describe('listening to channels', () => {
  it('yields what is published on channels and on those that match a pattern', async () => {
    const messages = await heard(
      ['evaluation:*', 'news'],
      [
        ['evaluation:queued', '1'],
        ['other', '2'],
        ['news', '3'],
        ['evaluation:completed', '4'],
      ],
    )
    expect(messages.map(({ channel, message }) => [channel, message])).toEqual([
      ['evaluation:queued', '1'],
      ['news', '3'],
      ['evaluation:completed', '4'],
    ])
    expect(Date.parse(messages[0]?.at ?? '')).toBeGreaterThan(Date.now() - 60_000)
  })

  it('yields a message once, however many patterns match', async () => {
    const names = ['evaluation:queued', 'evaluation:*', '*:queued']
    const messages = await heard(names, [
      ['evaluation:queued', 'once'],
      ['evaluation:failed', 'once'],
      ['task:queued', 'once'],
    ])
    expect(messages.map(({ channel }) => channel)).toEqual([
      'evaluation:queued',
      'evaluation:failed',
      'task:queued',
    ])
  })

  it('ends when it is told to, also while nothing comes', async () => {
    const stop = new AbortController()
    const subscriber = server.connect('subscriber')
    const messages = listenToChannels(subscriber, ['nothing'], stop.signal, () => stop.abort())
    expect((await messages.next()).done).toBe(true)
  })
})
