import { afterEach, describe, expect, it } from 'vitest'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import { agentctl, eventually, type Workplace, workplace } from '../support/program.ts'
import { numbers, readStream, upTo } from '../support/sse.ts'
import {
  startCluster,
  startPasswordServer,
  startSentinel,
  startTlsServer,
  type Topology,
} from '../support/topologies.ts'

let place: Workplace
let topology: Topology | undefined
const children: ReturnType<typeof agentctl>[] = []

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGTERM')
    await child
  }
  await topology?.close()
  topology = undefined
  place.remove()
})

describe('REDIS_URL', () => {
  it.each([
    ['with a password and a database number', startPasswordServer],
    ['with TLS (rediss://)', startTlsServer],
    ['of a Sentinel (redis+sentinel://)', startSentinel],
    ['of a cluster (redis+cluster://)', startCluster],
  ])('%s serves chats from end to end', async (_what, start) => {
    topology = await start()
    place = workplace()
    Object.assign(place.env, topology.env, { REDIS_URL: topology.url })
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    children.push(agentctl(place, 'gateway', '--port', String(port)), agentctl(place, 'worker'))
    await eventually(async () => (await fetch(`${url}/ready`).catch(() => undefined))?.status === 200)
    const chats = await Promise.all(upTo(6).map((i) => readStream(url, { feature: `f${i}`, chat: `c${i}` })))
    for (const { messages, done } of chats) {
      expect(numbers(messages)).toEqual(upTo(20))
      expect(done).toBe(true)
    }
    const tail = await agentctl(place, 'tail', 'stream', 'stream:*', '--from', 'first', '--json')
    expect(tail.stdout.split('\n')).toHaveLength(6 * 22)
  })
})
