import { expect, it } from 'vitest'
import { createSilence } from '../../../src/runtime/balancer/silence.ts'

const here = (url: string) => ({ url, place: 'here' as const })
const silent = (url: string) => ({ url, place: 'silent' as const })

it('a replica hangs when it alone is silent for three sweeps', () => {
  const silence = createSilence()
  const seen = [silent('a'), here('b')]
  expect([silence.hear(seen), silence.hear(seen), silence.hear(seen)]).toEqual([[], [], ['a']])
  expect(silence.hear(seen)).toEqual(['a'])
})

it('a word in between starts the count anew', () => {
  const silence = createSilence(2)
  silence.hear([silent('a'), here('b')])
  silence.hear([here('a'), here('b')])
  expect(silence.hear([silent('a'), here('b')])).toEqual([])
})

it('when nobody is heard of, nobody hangs', () => {
  const silence = createSilence(2)
  for (let i = 0; i < 5; i++) expect(silence.hear([silent('a'), silent('b')])).toEqual([])
  expect(silence.hear([silent('a'), here('b')])).toEqual([])
})

it('a replica that has left may finish', () => {
  const silence = createSilence(1)
  expect(silence.hear([{ url: 'a', place: 'left' }, here('b')])).toEqual([])
})
