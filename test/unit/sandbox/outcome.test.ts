import { describe, expect, it } from 'vitest'
import { type Ending, settleOutcome, signalOfExitCode } from '../../../src/runtime/sandbox/outcome.ts'

const ending = (more: Partial<Ending>): Ending => ({
  cancelled: false,
  oomSeen: false,
  cpuSpent: false,
  exitCode: null,
  signal: null,
  ...more,
})
const killed = { signal: 'SIGKILL' }

describe('why a program ended', () => {
  it.each<[string, Partial<Ending>, string, string | undefined]>([
    ['exit code 0', { exitCode: 0 }, 'completed', undefined],
    ['another exit code', { exitCode: 3 }, 'failed', 'nonzero_exit'],
    ['a signal', { signal: 'SIGSEGV' }, 'failed', 'signal'],
    ['a kill by nobody we know', killed, 'failed', 'signal'],
    ['its time', { ...killed, killedFor: 'wall_timeout' }, 'failed', 'wall_timeout'],
    ['its output', { ...killed, killedFor: 'output_limit' }, 'failed', 'output_limit'],
    ['its memory, seen by us', { ...killed, killedFor: 'out_of_memory' }, 'failed', 'out_of_memory'],
    ['its memory, seen by the kernel', { ...killed, oomSeen: true }, 'failed', 'out_of_memory'],
    ['its memory, told as 137', { exitCode: 137, oomSeen: true }, 'failed', 'out_of_memory'],
    ['its processor time, by signal', { signal: 'SIGXCPU' }, 'failed', 'cpu_timeout'],
    ['its processor time, by a kill', { ...killed, cpuSpent: true }, 'failed', 'cpu_timeout'],
    ['a child without memory, and success', { exitCode: 0, oomSeen: true }, 'completed', undefined],
    ['a child without memory, and failure', { exitCode: 1, oomSeen: true }, 'failed', 'nonzero_exit'],
    [
      'cancelled above all',
      { ...killed, cancelled: true, killedFor: 'wall_timeout' },
      'cancelled',
      undefined,
    ],
    [
      'our kill before memory',
      { ...killed, killedFor: 'wall_timeout', oomSeen: true },
      'failed',
      'wall_timeout',
    ],
    ['memory before processor time', { ...killed, oomSeen: true, cpuSpent: true }, 'failed', 'out_of_memory'],
    ['exit code 0 after our kill', { exitCode: 0, killedFor: 'output_limit' }, 'failed', 'output_limit'],
  ])('%s', (_, more, status, reason) => {
    const verdict = settleOutcome(ending(more))
    expect(verdict.status).toBe(status)
    expect(verdict.reason).toBe(reason)
    expect(verdict).toMatchObject({ exit_code: more.exitCode ?? null, signal: more.signal ?? null })
  })

  it('tells of want of memory even where it was not the reason', () => {
    expect(settleOutcome(ending({ exitCode: 0, oomSeen: true })).oom_seen).toBe(true)
    expect(settleOutcome(ending({ signal: 'SIGKILL', killedFor: 'out_of_memory' })).oom_seen).toBe(true)
    expect(settleOutcome(ending({ exitCode: 0 })).oom_seen).toBe(false)
  })

  it('knows the signals behind exit codes', () => {
    expect(signalOfExitCode(137)).toBe('SIGKILL')
    expect(signalOfExitCode(139)).toBe('SIGSEGV')
    expect(signalOfExitCode(1)).toBeNull()
  })
})
