import { describe, expect, it } from 'vitest'
import type { FoundFeature } from '../../../src/runtime/orchestrator/backend.ts'
import { type Circumstances, decide } from '../../../src/runtime/orchestrator/decide.ts'
import { type FeatureRecord, stateOf, viewOf } from '../../../src/runtime/orchestrator/feature.ts'

const MINUTE = 60_000
const settings = { min: 1, max: 5, idleTimeout: 5 * MINUTE }
const wanted: FeatureRecord = { feature: 'shop', ...settings, revision: 'r', created: 0, deleted: false }
const found: FoundFeature = { feature: 'shop', settings, replicas: 1, ready: 1, leaving: false }
const now = 10 * MINUTE
const used = (ago: number, jobs = 0) => ({ last: now - ago, jobs })

const step = (given: Partial<Circumstances>) => decide({ wanted, found, use: used(0), now, ...given })

describe('what is to be done about a feature', () => {
  it('is to apply what is wanted, whether it is there or not, and to look again when it may be idle', () => {
    expect(step({ found: undefined })).toEqual({ act: 'apply', settings, idleIn: 5 * MINUTE })
    expect(step({ use: used(2 * MINUTE) })).toEqual({ act: 'apply', settings, idleIn: 3 * MINUTE })
  })

  it('is to remove what was deleted, until it is gone and after', () => {
    for (const there of [found, undefined])
      expect(step({ wanted: { ...wanted, deleted: true }, found: there })).toEqual({ act: 'remove' })
  })

  it('is to adopt what nobody knows of, with its settings, and to remove it where they are lost too', () => {
    expect(step({ wanted: undefined })).toEqual({ act: 'adopt', settings })
    expect(step({ wanted: undefined, found: { ...found, settings: undefined } })).toEqual({ act: 'remove' })
  })

  it('is nothing where nothing is wanted and nothing is there, or is going already', () => {
    expect(step({ wanted: undefined, found: undefined })).toEqual({ act: 'rest' })
    expect(step({ wanted: undefined, found: { ...found, leaving: true } })).toEqual({ act: 'rest' })
  })
})

describe('a feature is idle', () => {
  it('from its timeout on, and not before', () => {
    expect(step({ use: used(5 * MINUTE) })).toEqual({ act: 'expire', idleFor: 5 * MINUTE })
    expect(step({ use: used(5 * MINUTE - 1) })).toMatchObject({ act: 'apply', idleIn: 1 })
  })

  it('not while a job waits or runs, however long ago it was added', () => {
    expect(step({ use: used(9 * MINUTE, 1) })).toMatchObject({ act: 'apply' })
  })

  it('not when its use cannot be told', () => {
    expect(step({ use: undefined })).toMatchObject({ act: 'apply' })
  })

  it('not sooner after it was wished for than after a job', () => {
    expect(step({ wanted: { ...wanted, created: now - MINUTE }, use: used(9 * MINUTE) })).toMatchObject({
      act: 'apply',
    })
  })

  it('not while its workers start, however short the timeout is; but not for ever', () => {
    const brief = { ...wanted, idleTimeout: 1_000 }
    const starting = { ...found, ready: 0 }
    expect(step({ wanted: brief, use: used(2_000) })).toMatchObject({ act: 'expire' })
    for (const there of [starting, undefined])
      expect(step({ wanted: brief, found: there, use: used(2_000) })).toMatchObject({ act: 'apply' })
    expect(step({ wanted: brief, found: starting, use: used(MINUTE) })).toMatchObject({ act: 'expire' })
  })
})

describe('what people are shown', () => {
  const report = { revision: 'r', replicas: 2, ready: 1, at: now }

  it('is a state by what was found of the present wish', () => {
    expect(stateOf(wanted, undefined)).toBe('pending')
    expect(stateOf(wanted, { ...report, revision: 'earlier' })).toBe('pending')
    expect(stateOf(wanted, { ...report, ready: 0 })).toBe('pending')
    expect(stateOf(wanted, report)).toBe('ready')
    expect(stateOf(wanted, { ...report, problem: 'no image' })).toBe('failing')
    expect(stateOf({ ...wanted, deleted: true }, report)).toBe('deleting')
  })

  it('has names and units of its own', () => {
    expect(viewOf(wanted, report, undefined)).toEqual({
      ...{ feature_id: 'shop', state: 'ready', min: 1, max: 5, replicas: 2, ready: 1, idle_timeout_s: 300 },
      ...{ created: '1970-01-01T00:00:00.000Z', last_active: null, problem: null },
    })
  })
})
