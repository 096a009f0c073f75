import { expect, it } from 'vitest'
import { createHotEntries } from '../../../src/runtime/llm/cache/hot-entries.ts'
import type { GenerateAnswer } from '../../../src/runtime/llm/messages.ts'

const hit = (json: string) => ({ answer: {} as GenerateAnswer, json })

it('an answer is held for a second', () => {
  let time = 0
  const hot = createHotEntries(() => time)
  hot.put('d', hit('x'), hot.epoch)
  time = 999
  expect(hot.get('d')?.json).toBe('x')
  time = 1_000
  expect(hot.get('d')).toBeUndefined()
})

it('nothing is held after a clearing, nor what was read before one', () => {
  const hot = createHotEntries(() => 0)
  const { epoch } = hot
  hot.put('a', hit('x'), epoch)
  hot.clear()
  hot.put('b', hit('x'), epoch)
  expect([hot.get('a'), hot.get('b')]).toEqual([undefined, undefined])
})

it('only so many are held, and no large ones', () => {
  const hot = createHotEntries(() => 0)
  for (let i = 0; i < 300; i++) hot.put(`d${i}`, hit('x'), hot.epoch)
  hot.put('large', hit('x'.repeat(20_000)), hot.epoch)
  const held = Array.from({ length: 300 }, (_, i) => hot.get(`d${i}`)).filter(Boolean)
  expect(held).toHaveLength(256)
  expect(hot.get('d299')).toBeDefined()
  expect(hot.get('large')).toBeUndefined()
})
