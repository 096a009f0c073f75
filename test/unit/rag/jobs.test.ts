import { describe, expect, it } from 'vitest'
import {
  digestOf,
  isJobId,
  jobIdOf,
  newJobId,
  packVector,
  unpackVector,
} from '../../../src/runtime/rag/jobs.ts'
import { queryBody } from '../../../src/runtime/rag/messages.ts'

describe('the id of a job', () => {
  it('is new each time, and may be part of a key and of a chat', () => {
    const ids = Array.from({ length: 100 }, newJobId)
    expect(new Set(ids).size).toBe(100)
    for (const id of ids) expect(id).toMatch(/^rag\.[0-9a-f-]{36}$/)
  })

  it('is the same for the same key of the same user, and for nothing else', () => {
    expect(jobIdOf('u', 'k')).toBe(jobIdOf('u', 'k'))
    const others = [
      jobIdOf('u', 'k'),
      jobIdOf('u', 'l'),
      jobIdOf('v', 'k'),
      jobIdOf('', 'uk'),
      jobIdOf('uk', ''),
    ]
    expect(new Set(others).size).toBe(others.length)
    expect(jobIdOf('a:b', '\n')).toMatch(/^rag\.[0-9a-f]{32}$/)
  })
})

describe('what may be the id of a job', () => {
  it('is what was given as one, and no other part of a key', () => {
    for (const id of [newJobId(), jobIdOf('u', 'k')]) expect(isJobId(id)).toBe(true)
    for (const text of ['wait', 'meta', `${newJobId()}:lock`, 'rag.', 'rag.nothing', ''])
      expect(isJobId(text)).toBe(false)
  })
})

describe('the digest of a query', () => {
  it('is that of what it means, not of how it was written', () => {
    const short = queryBody.parse({ query: 'x', user: 'u' })
    const long = queryBody.parse({ top_k: 4, user: 'u', query: 'x', use_cache: true })
    expect(digestOf(short)).toBe(digestOf(long))
    expect(digestOf(queryBody.parse({ query: 'x', top_k: 5 }))).not.toBe(digestOf(short))
  })
})

describe('a vector', () => {
  it('is the same after its journey', () => {
    const vector = Float32Array.from([0, 1, -1, 0.1, 1e-30, 3.4e38])
    expect(unpackVector(packVector(vector))).toEqual(vector)
  })

  it('may be a part of a larger buffer', () => {
    const whole = Float32Array.from([9, 1, 2, 3, 9])
    expect(unpackVector(packVector(whole.subarray(1, 4)))).toEqual(Float32Array.from([1, 2, 3]))
  })
})
