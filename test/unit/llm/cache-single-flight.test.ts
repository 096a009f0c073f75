import { describe, expect, it } from 'vitest'
import { createSingleFlight, type Start } from '../../../src/runtime/llm/service/single-flight.ts'

/** A call that does as it is told. */
function scripted() {
  const end = Promise.withResolvers<string>()
  const calls: { emit: (piece: string) => void; signal: AbortSignal }[] = []
  const start: Start<string> = (emit, signal) => {
    calls.push({ emit, signal })
    signal.addEventListener('abort', () => end.reject(signal.reason))
    return end.promise
  }
  return { start, calls, end, emit: (piece: string) => calls[0]?.emit(piece) }
}

async function collect(pieces: AsyncGenerator<string, string>): Promise<{ pieces: string[]; value: string }> {
  const seen: string[] = []
  for (;;) {
    const { value, done } = await pieces.next()
    if (done) return { pieces: seen, value }
    seen.push(value)
  }
}

const never = new AbortController().signal

describe('a call shared by equal requests', () => {
  it('is made once for all that come while it is under way, and anew afterwards', async () => {
    const flights = createSingleFlight<string>()
    const { start, calls, end } = scripted()
    const waiting = Array.from({ length: 50 }, () => flights.wait('k', start, never))
    expect(calls).toHaveLength(1)
    expect(flights.size).toBe(1)
    end.resolve('answer')
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['answer']))
    expect(flights.size).toBe(0)
    await flights.wait('k', start, never)
    expect(calls).toHaveLength(2)
  })

  it('is another for another key', async () => {
    const flights = createSingleFlight<string>()
    const [one, two] = [scripted(), scripted()]
    one.end.resolve('1')
    two.end.resolve('2')
    expect(
      await Promise.all([flights.wait('a', one.start, never), flights.wait('b', two.start, never)]),
    ).toEqual(['1', '2'])
  })

  it('fails for all of them, and is forgotten', async () => {
    const flights = createSingleFlight<string>()
    const { start, end } = scripted()
    const waiting = [flights.wait('k', start, never), flights.wait('k', start, never)]
    end.reject(new Error('broken'))
    for (const each of waiting) await expect(each).rejects.toThrow('broken')
    expect(flights.size).toBe(0)
  })

  it('goes on while somebody waits, and is aborted by the last that leaves', async () => {
    const flights = createSingleFlight<string>()
    const { start, calls } = scripted()
    const [one, two] = [new AbortController(), new AbortController()]
    const waiting = [flights.wait('k', start, one.signal), flights.wait('k', start, two.signal)]
    one.abort(new Error('one left'))
    await expect(waiting[0]).rejects.toThrow('one left')
    expect(calls[0]?.signal.aborted).toBe(false)
    two.abort(new Error('two left'))
    await expect(waiting[1]).rejects.toThrow('two left')
    expect(calls[0]?.signal.aborted).toBe(true)
    expect(flights.size).toBe(0)
  })

  it('that is being aborted is joined by nobody', async () => {
    const flights = createSingleFlight<string>()
    const first = scripted()
    const leaving = new AbortController()
    const gone = flights.wait('k', first.start, leaving.signal)
    leaving.abort(new Error('left'))
    const second = scripted()
    second.end.resolve('anew')
    expect(await flights.wait('k', second.start, never)).toBe('anew')
    await expect(gone).rejects.toThrow('left')
  })

  it('gives every piece to those who come late', async () => {
    const flights = createSingleFlight<string>()
    const { start, end, emit } = scripted()
    const early = collect(flights.follow('k', start, never))
    emit('a')
    emit('b')
    const late = collect(flights.follow('k', start, never))
    const whole = flights.wait('k', start, never)
    emit('c')
    end.resolve('abc')
    expect(await early).toEqual({ pieces: ['a', 'b', 'c'], value: 'abc' })
    expect(await late).toEqual({ pieces: ['a', 'b', 'c'], value: 'abc' })
    expect(await whole).toBe('abc')
  })

  it('is left by a reader that stops in the middle', async () => {
    const flights = createSingleFlight<string>()
    const { start, calls, emit } = scripted()
    const reader = flights.follow('k', start, never)
    const first = reader.next()
    emit('a')
    expect(await first).toEqual({ value: 'a', done: false })
    await reader.return('')
    expect(calls[0]?.signal.aborted).toBe(true)
  })

  it('is left by a reader that is aborted while it does not read', async () => {
    const flights = createSingleFlight<string>()
    const { start, calls, emit } = scripted()
    const leaving = new AbortController()
    const reader = flights.follow('k', start, leaving.signal)
    const first = reader.next()
    emit('a')
    await first
    leaving.abort(new Error('gone'))
    expect(calls[0]?.signal.aborted).toBe(true)
    await expect(reader.next()).rejects.toThrow('gone')
  })

  it('passes on what came before a failure', async () => {
    const flights = createSingleFlight<string>()
    const { start, end, emit } = scripted()
    const reader = flights.follow('k', start, never)
    const first = reader.next()
    emit('half')
    expect((await first).value).toBe('half')
    end.reject(new Error('cut'))
    await expect(reader.next()).rejects.toThrow('cut')
  })
})
