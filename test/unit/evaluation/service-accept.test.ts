import { describe, expect, it } from 'vitest'
import { bytesOf, fitted, queuedFacts } from '../../../src/runtime/evaluation/events.ts'
import { submission } from '../../../src/runtime/evaluation/messages.ts'
import { checkSubmission, languageOf, toJob } from '../../../src/runtime/evaluation/service/accept.ts'
import { createCapacity } from '../../../src/runtime/evaluation/service/capacity.ts'
import { isEvalId, newEvalId } from '../../../src/runtime/evaluation/service/eval-id.ts'

const submitted = (body: object) => checkSubmission(submission.parse({ code: 'x', ...body }))

describe('an id', () => {
  it('begins with the time, in order, and ends with chance', () => {
    const zeros = (size: number) => new Uint8Array(size)
    expect(newEvalId(0, zeros)).toBe('0'.repeat(26))
    expect(newEvalId(32, zeros)).toBe(`${'0'.repeat(8)}10${'0'.repeat(16)}`)
    expect(newEvalId(2 ** 48 - 1, (size) => new Uint8Array(size).fill(255))).toBe(`7${'z'.repeat(25)}`)
    const times = [1, 31, 32, 1_000, 1_024, 1_700_000_000_000, 1_700_000_000_001]
    const ids = times.map((time) => newEvalId(time))
    expect([...ids].sort()).toEqual(ids)
    expect(ids.every(isEvalId)).toBe(true)
    expect(new Set(Array.from({ length: 1_000 }, () => newEvalId(5))).size).toBe(1_000)
  })

  it('has every bit of chance in it', () => {
    const bytes = Uint8Array.from([
      0b10000_100, 0b01_00001_0, 0b0001_0000, 0b1_00000_10, 0b000_00001, 0, 0, 0, 0, 31,
    ])
    expect(newEvalId(0, () => bytes).slice(10)).toBe('gh1110g10000000z')
  })

  it('may be one of somebody else, but no key', () => {
    expect(['a', 'A-_9', 'x'.repeat(64)].every(isEvalId)).toBe(true)
    expect(['', 'x'.repeat(65), 'a:b', '{a}', 'ä', 'a\n'].some(isEvalId)).toBe(false)
  })
})

describe('a submission', () => {
  it('names its language as it likes', () => {
    expect(['python', 'PY', 'js', 'Node', 'ts', 'typescript'].map(languageOf)).toEqual([
      'python',
      'python',
      'javascript',
      'javascript',
      'typescript',
      'typescript',
    ])
    for (const name of ['c', 'toString', '__proto__', ''])
      expect(() => languageOf(name)).toThrow(expect.objectContaining({ code: 'EVAL_LANGUAGE_UNKNOWN' }))
  })

  it('is Unicode afterwards', () => {
    const { code, stdin, args } = submitted({ code: 'a\ud800', stdin: '\udc00', args: ['😀', '\ud83d'] })
    expect([code, stdin, args]).toEqual(['a\ufffd', '\ufffd', ['😀', '\ufffd']])
  })

  it('fits into an event, or is refused', () => {
    const job = (code: string) => toJob(submitted({ code }), 'e1', '2026-01-01T00:00:00.000Z')
    const full = job('"'.repeat(262_144))
    expect(bytesOf(queuedFacts(full))).toBeLessThan(1024 * 1024)
    expect(() => job('\u0001'.repeat(160_000))).toThrow(
      expect.objectContaining({ code: 'EVAL_CODE_TOO_LARGE', status: 413 }),
    )
    expect(() => submitted({ code: 'ü'.repeat(131_073) })).toThrow(
      expect.objectContaining({ code: 'EVAL_CODE_TOO_LARGE' }),
    )
  })
})

it('output that is too long for an event stays in the record', () => {
  const end = { eval_id: 'e1', seq: 1000, status: 'completed' as const, exit_code: 0 }
  const short = { ...end, stdout: 'x'.repeat(400_000), stderr: 'y'.repeat(400_000) }
  expect(fitted(short)).toBe(short)
  expect(fitted({ ...end, stdout: '\u0001'.repeat(200_000) })).toEqual({ ...end, output_in_record: true })
  expect(fitted({ ...end, stdout: 'x'.repeat(1_000_000), stderr: 'y' })).toEqual({
    ...end,
    output_in_record: true,
  })
})

describe('the capacity', () => {
  function scene(limit: number) {
    const state = { now: 0, waiting: 0, asked: 0, broken: false }
    const capacity = createCapacity({
      limit,
      now: () => state.now,
      async depth() {
        state.asked++
        if (state.broken) throw new Error('away')
        return state.waiting
      },
    })
    return { state, capacity }
  }

  it('counts what it adds without asking each time', async () => {
    const { state, capacity } = scene(3)
    for (let i = 0; i < 3; i++) {
      expect(await capacity.isFull()).toBe(false)
      capacity.add()
      state.waiting++
    }
    expect(await capacity.isFull()).toBe(true)
    expect(state.asked).toBe(1)
  })

  it('is not exceeded by many that come at once', async () => {
    const { capacity } = scene(3)
    const taken = await Promise.all(
      Array.from({ length: 100 }, async () => !(await capacity.isFull()) && capacity.add()),
    )
    expect(taken.filter(Boolean)).toHaveLength(3)
  })

  it('hears of others, and that there is room again', async () => {
    const { state, capacity } = scene(3)
    expect(await capacity.isFull()).toBe(false)
    state.waiting = 3
    state.now = 2_000
    expect(await capacity.isFull()).toBe(true)
    state.waiting = 2
    expect(await capacity.isFull()).toBe(true)
    state.now += 101
    expect(await capacity.isFull()).toBe(false)
  })

  it('goes by what it knows for a while when the queue cannot be asked', async () => {
    const { state, capacity } = scene(2)
    expect(await capacity.isFull()).toBe(false)
    state.broken = true
    state.now = 500
    expect(await capacity.isFull()).toBe(false)
    state.now = 1_001
    await expect(capacity.isFull()).rejects.toThrow('away')
  })
})
