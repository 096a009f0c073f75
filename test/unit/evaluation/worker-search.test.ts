import { beforeEach, describe, expect, it } from 'vitest'
import { balancerError } from '../../../src/runtime/balancer/errors.ts'
import type { Lease } from '../../../src/runtime/balancer/index.ts'
import { createSearch } from '../../../src/runtime/evaluation/worker/search.ts'

const never = new AbortController().signal
let urls: string[]
let released: string[]

/** Gives the first that is not to be avoided, else the first. */
const balancer = {
  async acquire({ avoid = [] }: { avoid?: readonly string[] } = {}): Promise<Lease> {
    const url = urls.find((one) => !avoid.includes(one)) ?? urls[0]
    if (url === undefined) throw balancerError('BALANCER_NO_REPLICA', 'none', { retryAfter: 700 })
    return { url, release: async () => void released.push(url) }
  },
  replicas: async () => urls.map((url) => ({ url, load: 0, health: 'open' as const, latency: 0, errors: 0 })),
}
const search = () => createSearch({ balancer, random: () => 1, sleep })

/** Milliseconds of every pause so far; nobody waits for them. */
let pauses: number[]
let onPause: () => void
const sleep = async (ms: number, signal: AbortSignal) => {
  pauses.push(ms)
  onPause()
  signal.throwIfAborted()
}

beforeEach(() => {
  urls = ['a', 'b']
  released = []
  pauses = []
  onPause = () => {}
})

describe('the search for an executor', () => {
  it('goes to each once before it asks one again, and then only after a pause', async () => {
    const searching = search()
    for (const expected of ['a', 'b']) {
      expect((await searching.next(never))?.url).toBe(expected)
      searching.tried(expected)
    }
    expect(pauses).toEqual([])
    expect((await searching.next(never))?.url).toBe('a')
    expect(pauses).toEqual([100])
    expect(released).toEqual(['a'])
  })

  it('pauses until the first of them may be asked again', async () => {
    const searching = search()
    searching.tried('a', 1_500)
    searching.tried('b', 600)
    await searching.next(never)
    expect(pauses).toEqual([600])
  })

  it('waits while there is none, longer each time but never for long', async () => {
    urls = []
    onPause = () => {
      if (pauses.length === 7) urls = ['c']
    }
    expect((await search().next(never))?.url).toBe('c')
    expect(pauses).toEqual([700, 700, 700, 800, 1_600, 2_000, 2_000])
  })

  it('ends when nobody wants it any more, or when it is told to', async () => {
    urls = []
    expect(await search().next(never, async () => false)).toBeUndefined()
    const stop = new AbortController()
    onPause = () => stop.abort(new Error('enough'))
    await expect(search().next(stop.signal)).rejects.toThrow('enough')
  })

  it('never comes back to one that lacks the language, and knows when all do', async () => {
    const searching = search()
    searching.lacks('a')
    expect(await searching.allLack()).toBe(false)
    for (let i = 0; i < 3; i++) {
      expect((await searching.next(never))?.url).toBe('b')
      searching.tried('b')
    }
    searching.lacks('b')
    expect(await searching.allLack()).toBe(true)
  })
})
