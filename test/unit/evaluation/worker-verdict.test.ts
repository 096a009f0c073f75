import { describe, expect, it } from 'vitest'
import {
  afterFailure,
  cancelledEnd,
  infraError,
  outcomeToFacts,
} from '../../../src/runtime/evaluation/worker/verdict.ts'
import { CallTimedOut, ConnectionLost, fromProblem } from '../../../src/runtime/platform/http-client/index.ts'
import type { Outcome } from '../../../src/runtime/sandbox/index.ts'

const problem = (status: number, code: string, retryAfter?: number) =>
  fromProblem({ type: '', title: code, status, detail: code, code }, retryAfter)
const broken = (code: string) => new ConnectionLost(code, { cause: Object.assign(new Error(code), { code }) })

describe('what follows from a failure', () => {
  it.each([
    ['a connection that broke', broken('ECONNRESET'), 'failed', 'unstarted'],
    ['a stream without an outcome', new ConnectionLost('ended'), 'failed', 'unstarted'],
    ['silence', new CallTimedOut('silent'), 'failed', 'unstarted'],
    ['a sandbox that failed', problem(503, 'SANDBOX_FAILED'), 'failed', 'lost'],
    ['an executor that failed', problem(500, 'INTERNAL'), 'failed', 'lost'],
    ['something unforeseen', new TypeError('x is undefined'), 'cancelled', 'lost'],
    ['nobody there', broken('ECONNREFUSED'), 'failed', 'later'],
    ['no way there', broken('UND_ERR_CONNECT_TIMEOUT'), 'failed', 'later'],
    ['no such host', broken('ENOTFOUND'), 'failed', 'later'],
    ['a shutdown', problem(503, 'HTTP_DRAINING'), 'busy', 'later'],
    ['an executor without its proxy', problem(503, 'SANDBOX_AWAY'), 'busy', 'later'],
    ['no room', problem(429, 'SANDBOX_BUSY'), 'busy', 'later'],
    ['another language', problem(503, 'SANDBOX_LANGUAGE_MISSING'), 'cancelled', 'lacks'],
    ['a wrong secret', problem(401, 'EXECUTOR_TOKEN_REFUSED'), 'cancelled', 'refused'],
    ['a bad request', problem(400, 'HTTP_INVALID'), 'cancelled', 'refused'],
    ['a wrong address', problem(404, 'HTTP_NOT_FOUND'), 'cancelled', 'refused'],
  ])('%s', (_what, error, kind, next) => {
    expect(afterFailure(error, false)).toEqual({ replica: { kind }, next })
  })

  it.each([
    ['a connection that broke', broken('ECONNRESET')],
    ['silence', new CallTimedOut('silent')],
    ['no room all of a sudden', problem(429, 'SANDBOX_BUSY')],
    ['a shutdown', problem(503, 'EXECUTOR_STOPPING')],
    ['a sandbox that failed', problem(503, 'SANDBOX_FAILED')],
  ])('%s, once the program has begun: the attempt is lost', (_what, error) => {
    expect(afterFailure(error, true).next).toBe('lost')
  })

  it('is as late as the executor wants', () => {
    expect(afterFailure(problem(429, 'SANDBOX_BUSY', 3_000), false)).toMatchObject({
      next: 'later',
      retryAfter: 3_000,
    })
  })
})

describe('an end', () => {
  const outcome: Outcome = {
    ...{ status: 'completed', exit_code: 0, signal: null, stdout: 'a', stderr: 'b', truncated: false },
    ...{ oom_seen: true, duration_ms: 7, backend: 'docker' },
  }

  it('is that of the program, without a reason when all went well', () => {
    expect(outcomeToFacts(outcome)).toEqual({ ...outcome, reason: null, detail: null })
    const failed = {
      ...outcome,
      status: 'failed',
      reason: 'signal',
      exit_code: null,
      signal: 'SIGKILL',
    } as const
    expect(outcomeToFacts(failed)).toEqual({ ...failed, detail: null })
  })

  it('has every field of an end when there was no outcome', () => {
    const fields = Object.keys(outcomeToFacts(outcome)).filter((field) => field !== 'backend')
    expect(Object.keys(infraError('why')).sort()).toEqual(fields.sort())
    expect(Object.keys(cancelledEnd()).sort()).toEqual(fields.sort())
    expect(cancelledEnd({ stdout: 'so far', stderr: '' }, 5)).toMatchObject({
      ...{ status: 'cancelled', reason: null, stdout: 'so far', duration_ms: 5 },
    })
  })

  it('tells no more of what went wrong than fits into an event', () => {
    const { detail } = infraError(`${'x'.repeat(1_999)}😀 and so on${'.'.repeat(2_000_000)}`)
    expect(detail).toBe(`${'x'.repeat(1_999)}\ufffd …`)
    expect(infraError('why').detail).toBe('why')
  })
})

it('a language that a service does not know is the fault of whoever asked', () => {
  expect(problem(422, 'EVAL_LANGUAGE_UNKNOWN')).toMatchObject({
    kind: 'usage',
    retryable: false,
    exitCode: 2,
  })
})
