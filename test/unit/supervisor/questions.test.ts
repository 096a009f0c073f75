import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createQuestions } from '../../../src/runtime/supervisor/questions.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function setUp() {
  const sent: number[] = []
  return { sent, questions: createQuestions((id) => sent.push(id)) }
}

describe('questions to a process', () => {
  it('are answered one by one', async () => {
    const { questions, sent } = setUp()
    for (const text of ['first', 'second', null]) {
      const answer = questions.ask(1_000)
      questions.answer(sent.at(-1) as number, text)
      expect(await answer).toBe(text)
    }
    expect(sent).toEqual([1, 2, 3])
  })

  it('are not waited for longer than is said, nor asked again meanwhile', async () => {
    const { questions, sent } = setUp()
    const early = questions.ask(1_000)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await early).toBeNull()
    const late = questions.ask(1_000)
    expect(sent).toEqual([1])
    questions.answer(1, 'at last')
    expect(await late).toBe('at last')
    void questions.ask(1_000)
    expect(sent).toEqual([1, 2])
  })

  it('have one answer each: what nobody asked for is dropped', async () => {
    const { questions, sent } = setUp()
    questions.answer(7, 'unasked')
    const answer = questions.ask(1_000)
    questions.answer(7, 'unasked')
    questions.answer(1, 'right')
    questions.answer(1, 'again')
    expect(await answer).toBe('right')
    expect(vi.getTimerCount()).toBe(0)
    void questions.ask(1_000)
    expect(sent).toEqual([1, 2])
  })

  it('leave no timer behind', async () => {
    const { questions } = setUp()
    const answers = [questions.ask(1_000), questions.ask(2_000)]
    questions.answer(1, 'both')
    expect(await Promise.all(answers)).toEqual(['both', 'both'])
    expect(vi.getTimerCount()).toBe(0)
  })
})
