import { describe, expect, it } from 'vitest'
import { persist } from '../../../src/runtime/kernel/index.ts'

function scene(failures: number) {
  const told: string[] = []
  const stopping = new AbortController()
  let calls = 0
  const options = {
    again: (error: unknown) => (error as Error).message === 'away',
    onAway: () => told.push('away'),
    onBack: () => told.push('back'),
    signal: stopping.signal,
  }
  const work = async (message = 'away') => {
    calls++
    if (calls <= failures) throw new Error(message)
    return 'done'
  }
  return { told, stopping, options, work, calls: () => calls }
}

describe('persisting', () => {
  it('tries until it works, and tells of it once', async () => {
    const { told, options, work, calls } = scene(3)
    expect(await persist(work, options)).toBe('done')
    expect([told, calls()]).toEqual([['away', 'back'], 4])
  })

  it('says nothing of a failure that is over while it may be', async () => {
    const { told, options, work, calls } = scene(1)
    expect(await persist(work, { ...options, quiet: 60_000 })).toBe('done')
    expect([told, calls()]).toEqual([[], 2])
  })

  it('says nothing of what works at once', async () => {
    const { told, options, work } = scene(0)
    await persist(work, options)
    expect(told).toEqual([])
  })

  it('does not try again what cannot work', async () => {
    const { options, work, calls } = scene(3)
    await expect(persist(() => work('wrong'), options)).rejects.toThrow('wrong')
    expect(calls()).toBe(1)
  })

  it('gives up when it is told to, also while it waits', async () => {
    const { options, work, stopping } = scene(Number.POSITIVE_INFINITY)
    const persisting = persist(work, { ...options, onAway: () => stopping.abort() })
    await expect(persisting).rejects.toThrow()
  })
})
