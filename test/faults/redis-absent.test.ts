import { request } from 'undici'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import { agentctl, eventually, workplace } from '../support/program.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'
import { numbers, readStream, upTo } from '../support/sse.ts'

const place = workplace()
const children: ReturnType<typeof agentctl>[] = []
let redis: TestRedis | undefined

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGTERM')
    await child
  }
  await redis?.close()
  redis = undefined
})

afterAll(() => place.remove())

describe('without Redis', () => {
  it('a gateway lives, says that it is not ready, refuses with 503, and works as soon as Redis is there', async () => {
    redis = await startTestRedis()
    await redis.kill()
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    children.push(agentctl(place, 'gateway', '--port', String(port), '--redis-url', redis.url))
    await eventually(async () => (await get(`${url}/health`)) === 200)
    expect(await get(`${url}/ready`)).toBe(503)
    const refused = await readStream(url, { chat: 'x' })
    expect(refused.status).toBe(503)
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'REDIS_UNREACHABLE' })
    await redis.start()
    await eventually(async () => (await get(`${url}/ready`)) === 200)
    children.push(agentctl(place, 'worker', '--redis-url', redis.url))
    const { messages, done } = await readStream(url, { chat: 'x' })
    expect(numbers(messages)).toEqual(upTo(20))
    expect(done).toBe(true)
  })

  it('a worker says which Redis it cannot reach, and exits with 69', async () => {
    const { exitCode, stderr } = await agentctl(
      place,
      'worker',
      '--redis-url',
      `redis://:secret@127.0.0.1:${await freePort()}`,
    )
    expect(exitCode).toBe(69)
    expect(stderr).toContain('REDIS_UNREACHABLE')
    expect(stderr).toContain('Fix:')
    expect(stderr).not.toContain('secret')
  })

  it('tail says the same', async () => {
    const { exitCode, stderr } = await agentctl(
      place,
      'tail',
      'stream',
      'x',
      '--redis-url',
      `redis://127.0.0.1:${await freePort()}`,
    )
    expect(exitCode).toBe(69)
    expect(stderr).toContain('REDIS_UNREACHABLE')
  })
})

async function get(url: string): Promise<number> {
  try {
    const { statusCode, body } = await request(url)
    await body.dump()
    return statusCode
  } catch {
    return 0
  }
}
