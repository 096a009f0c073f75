import { describe, expect, it } from 'vitest'
import { fixedReplicas } from '../../../src/runtime/balancer/index.ts'
import { AgentctlError } from '../../../src/runtime/kernel/index.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const [A, B] = ['http://a.test:1', 'http://b.test:1']

function open(urls: readonly string[], random = () => 0) {
  const clock = createFakeClock()
  return { clock, replicas: fixedReplicas(urls, { clock, random }) }
}

type Open = ReturnType<typeof open>['replicas']

async function fail(replicas: Open, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await (await replicas.acquire()).release({ kind: 'failed' })
}

const refusal = (replicas: Open) =>
  replicas.acquire().then(
    () => undefined,
    (error: unknown) => error as AgentctlError,
  )

describe('replicas given by hand', () => {
  it('are taken by how much they have to do', async () => {
    const { replicas } = open([A, B])
    const first = await replicas.acquire()
    const second = await replicas.acquire()
    expect([first.url, second.url].sort()).toEqual([A, B])
    await second.release({ kind: 'ok' })
    expect((await replicas.acquire()).url).toBe(second.url)
  })

  it('count a lease that is given back twice once', async () => {
    const { replicas } = open([A, B])
    const [first, second] = [await replicas.acquire(), await replicas.acquire()]
    await first.release({ kind: 'ok' })
    await first.release({ kind: 'ok' })
    // At -1 it would be taken twice before the other one.
    expect((await replicas.acquire()).url).toBe(first.url)
    await second.release({ kind: 'ok' })
    expect((await replicas.acquire()).url).toBe(second.url)
  })

  it('are chosen at random among equals', async () => {
    expect((await open([A, B], () => 0).replicas.acquire()).url).toBe(A)
    expect((await open([A, B], () => 0.9).replicas.acquire()).url).toBe(B)
  })

  it('are avoided when they were tried, as long as there is another', async () => {
    const { replicas } = open([A, B])
    for (let i = 0; i < 3; i++) expect((await replicas.acquire({ avoid: [A] })).url).toBe(B)
    expect((await replicas.acquire({ avoid: [A, B] })).url).toBe(A)
  })

  it('are left alone after failures in a row, and tried one by one later', async () => {
    const { replicas, clock } = open([A])
    await fail(replicas, 4)
    await (await replicas.acquire()).release({ kind: 'ok' })
    await fail(replicas, 5)
    const error = await refusal(replicas)
    expect(error).toBeInstanceOf(AgentctlError)
    expect(error).toMatchObject({ code: 'BALANCER_NO_REPLICA', retryAfter: 1_000 })
    expect(error?.message).toContain(A)
    await clock.advance(1_000)
    const probe = await replicas.acquire()
    const meanwhile = await refusal(replicas)
    expect(meanwhile?.code).toBe('BALANCER_NO_REPLICA')
    expect(meanwhile?.retryAfter).toBeLessThan(1_000)
    await probe.release({ kind: 'ok' })
    await (await replicas.acquire()).release({ kind: 'ok' })
    await Promise.all([replicas.acquire(), replicas.acquire()])
  })

  it('are left alone for longer when the probe fails', async () => {
    const { replicas, clock } = open([A])
    await fail(replicas, 5)
    await clock.advance(1_000)
    await fail(replicas, 1)
    expect(await refusal(replicas)).toMatchObject({ retryAfter: 2_000 })
  })

  it('are not left alone for being busy, nor for what clients give up', async () => {
    const { replicas } = open([A])
    for (const kind of ['busy', 'cancelled'] as const)
      for (let i = 0; i < 20; i++) await (await replicas.acquire()).release({ kind })
    expect((await replicas.acquire()).url).toBe(A)
  })

  it('do the work of one that is out', async () => {
    const { replicas } = open([A, B])
    for (let i = 0; i < 40; i++) {
      const lease = await replicas.acquire()
      await lease.release({ kind: lease.url === A ? 'failed' : 'ok' })
    }
    const leases = await Promise.all([1, 2, 3].map(() => replicas.acquire()))
    expect(leases.map(({ url }) => url)).toEqual([B, B, B])
  })

  it('are each counted once, however they are written', async () => {
    const { replicas } = open([`${A}/`, A])
    await fail(replicas, 5)
    expect(await refusal(replicas)).toMatchObject({ code: 'BALANCER_NO_REPLICA' })
  })

  it('refuse addresses that are none, and say so when there are none', async () => {
    expect(() => open(['ftp://a'])).toThrow(expect.objectContaining({ code: 'BALANCER_URL_INVALID' }))
    expect(await refusal(open([]).replicas)).toMatchObject({ code: 'BALANCER_NO_REPLICA' })
  })

  it('are not handed out to somebody who has left', async () => {
    const { replicas } = open([A])
    const reason = new Error('left')
    await expect(replicas.acquire({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})
