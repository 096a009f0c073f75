import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createCloser, onShutdown, withDeadline } from '../../../src/runtime/kernel/index.ts'

describe('a closer', () => {
  it('hands back what was opened', () => {
    const thing = {}
    expect(createCloser().add(thing, () => {})).toBe(thing)
  })

  it('closes the last opened first, each before the next', async () => {
    const order: string[] = []
    const closer = createCloser()
    for (const name of ['first', 'second', 'third']) {
      closer.add(name, async (opened) => {
        order.push(`${opened} begins`)
        await Promise.resolve()
        order.push(`${opened} ends`)
      })
    }
    await closer.close()
    expect(order).toEqual([
      'third begins',
      'third ends',
      'second begins',
      'second ends',
      'first begins',
      'first ends',
    ])
  })

  it('closes the rest when one fails, and then fails with that error', async () => {
    const closed: string[] = []
    const closer = createCloser()
    closer.add('a', (name) => closed.push(name))
    closer.add('b', () => {
      throw new Error('b is stuck')
    })
    closer.add('c', (name) => closed.push(name))
    await expect(closer.close()).rejects.toThrow('b is stuck')
    expect(closed).toEqual(['c', 'a'])
  })

  it('reports several failures together', async () => {
    const closer = createCloser()
    closer.add(1, () => Promise.reject(new Error('one')))
    closer.add(2, () => Promise.reject(new Error('two')))
    const failure = await closer.close().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AggregateError)
    expect((failure as AggregateError).errors.map(String)).toEqual(['Error: two', 'Error: one'])
  })

  it('closes once when asked twice, and both wait for the end', async () => {
    const gate = Promise.withResolvers<void>()
    const close = vi.fn(() => gate.promise)
    const closer = createCloser()
    closer.add('thing', close)
    const both = [closer.close(), closer.close()]
    gate.resolve()
    await Promise.all(both)
    expect(close).toHaveBeenCalledTimes(1)
  })

  it('closes what is added while it is closing', async () => {
    const late = vi.fn()
    const closer = createCloser()
    closer.add('early', () => closer.add('late', late))
    await closer.close()
    expect(late).toHaveBeenCalledTimes(1)
  })
})

describe('withDeadline', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('passes the result on and leaves no timer behind', async () => {
    await expect(withDeadline(Promise.resolve(7), 1_000, 'counting')).resolves.toBe(7)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('passes a failure on', async () => {
    await expect(withDeadline(Promise.reject(new Error('no')), 1_000, 'counting')).rejects.toThrow('no')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('fails with DRAIN_TIMEOUT when the time is up', async () => {
    const late = expect(withDeadline(new Promise(() => {}), 1_000, 'counting')).rejects.toMatchObject({
      code: 'DRAIN_TIMEOUT',
      message: expect.stringContaining('counting'),
    })
    await vi.advanceTimersByTimeAsync(1_000)
    await late
  })
})

describe('onShutdown', () => {
  let source: EventEmitter
  const first = vi.fn()
  const again = vi.fn()
  let stop: () => void

  beforeEach(() => {
    vi.useFakeTimers()
    vi.clearAllMocks()
    source = new EventEmitter()
    stop = onShutdown(source, first, again)
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ])('tells of the first %s with exit code %d', (signal, code) => {
    source.emit(signal)
    expect(first).toHaveBeenCalledExactlyOnceWith(code)
    expect(again).not.toHaveBeenCalled()
  })

  it('ignores the echo of one Ctrl-C', () => {
    source.emit('SIGINT')
    vi.advanceTimersByTime(300)
    source.emit('SIGINT')
    expect(first).toHaveBeenCalledTimes(1)
    expect(again).not.toHaveBeenCalled()
  })

  it('tells of a second signal, whichever it is', () => {
    source.emit('SIGINT')
    vi.advanceTimersByTime(500)
    source.emit('SIGTERM')
    expect(first).toHaveBeenCalledTimes(1)
    expect(again).toHaveBeenCalledExactlyOnceWith(143)
  })

  it('stops listening on request', () => {
    stop()
    source.emit('SIGTERM')
    expect(first).not.toHaveBeenCalled()
    expect(source.eventNames()).toEqual([])
  })
})
