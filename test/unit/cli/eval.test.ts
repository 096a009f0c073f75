import { describe, expect, it } from 'vitest'
import { endLine, evaluationText } from '../../../src/cli/eval/eval-text.ts'
import { exitCodeOf } from '../../../src/cli/eval/exit-code.ts'
import { languageOf } from '../../../src/cli/eval/program-file.ts'
import { type Evaluation, type Facts, toEvaluation } from '../../../src/runtime/evaluation/messages.ts'

const ended = (facts: Partial<Facts>): Evaluation =>
  toEvaluation({ eval_id: 'e-1', seq: 1_000, status: 'failed', ...facts })

describe('the exit code of `eval run`', () => {
  it.each<[number, Partial<Facts>]>([
    [0, { status: 'completed', exit_code: 0 }],
    [3, { reason: 'nonzero_exit', exit_code: 3 }],
    [255, { reason: 'nonzero_exit', exit_code: 255 }],
    [139, { reason: 'signal', signal: 'SIGSEGV', exit_code: null }],
    [143, { reason: 'signal', signal: 'SIGTERM', exit_code: 143 }],
    [137, { reason: 'signal', signal: null }],
    [124, { reason: 'wall_timeout', signal: 'SIGKILL' }],
    [124, { reason: 'cpu_timeout', signal: 'SIGXCPU' }],
    [137, { reason: 'out_of_memory', exit_code: 137 }],
    [1, { reason: 'output_limit', signal: 'SIGKILL' }],
    [69, { reason: 'infra_error' }],
    [130, { status: 'cancelled' }],
  ])('is %i of %o', (code, facts) => {
    expect(exitCodeOf(ended(facts))).toBe(code)
  })
})

describe('the language of a program', () => {
  it.each([
    ['a.py', 'python'],
    ['a.b.MJS', 'javascript'],
    ['dir/a.ts', 'typescript'],
    ['-', 'python'],
  ])('of %s is %s', (file, language) => expect(languageOf(file, undefined)).toBe(language))

  it('is what is said, whatever the ending', () => expect(languageOf('a.txt', 'python')).toBe('python'))

  it('has to be said where the ending tells nothing', () =>
    expect(() => languageOf('Makefile', undefined)).toThrow('Makefile'))
})

describe('an evaluation as text', () => {
  it('shows what it wrote, without what would command the terminal', () => {
    const text = evaluationText(
      ended({ reason: 'nonzero_exit', exit_code: 2, stdout: 'out\n', stderr: 'a\u001b[31mb\n', attempts: 1 }),
    )
    expect(text).toContain('failed: nonzero_exit')
    expect(text).toMatch(/stdout:\nout\n\nstderr:\na/)
    expect(text).not.toContain('\u001b')
  })

  it('tells how it ended where the output does not', () => {
    expect(endLine(ended({ status: 'completed' }))).toBeUndefined()
    expect(endLine(ended({ reason: 'nonzero_exit' }))).toBeUndefined()
    expect(endLine(ended({ reason: 'wall_timeout' }))).toContain('longer')
    expect(endLine(ended({ status: 'cancelled' }))).toBe('cancelled')
    expect(endLine(ended({ reason: 'infra_error', detail: 'no executor' }))).toContain('no executor')
  })
})
