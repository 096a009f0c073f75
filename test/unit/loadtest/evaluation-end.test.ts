import { describe, expect, it } from 'vitest'
import type { Operation } from '../../../src/runtime/loadtest/scenario.ts'
import { recordEnd } from '../../../src/runtime/loadtest/scenarios/evaluation-end.ts'

/** What is said of an operation whose evaluation has told this as its end. */
function saidOf(told: unknown): unknown[] {
  const said: unknown[] = []
  const operation: Operation = {
    index: 0,
    due: 0,
    record: (series, ms) => said.push([series, ms]),
    count: () => {},
    succeed: (at) => said.push(at),
    fail: (cause) => said.push(cause),
  }
  recordEnd(operation, told, 7)
  return said
}

describe('the end of an evaluation', () => {
  it.each([
    [{ status: 'completed', duration_ms: 12 }, [['program', 12], 7]],
    [{ status: 'completed', reason: null, duration_ms: null }, [7]],
    [{ status: 'failed', reason: 'wall_timeout' }, ['eval failed: wall_timeout']],
    [{ status: 'cancelled' }, ['eval cancelled']],
  ])('%j', (told, said) => expect(saidOf(told)).toEqual(said))

  it.each([[undefined], [null], ['completed'], [{}], [{ status: 1 }]])(
    '%j is a failure, and no crash',
    (told) => expect(saidOf(told)).toEqual(['an end that cannot be read']),
  )
})
