import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endLine, evaluationText } from '../../../src/cli/eval/eval-text.ts'
import { exitCodeOf } from '../../../src/cli/eval/exit-code.ts'
import { languageOf, readProgramAndInput } from '../../../src/cli/eval/program-file.ts'
import { runProgram } from '../../../src/cli/eval/run-eval.ts'
import { submissionOf } from '../../../src/cli/eval/submission.ts'
import { waitForEnd } from '../../../src/cli/eval/wait-for-end.ts'
import type { EvaluationClient } from '../../../src/runtime/evaluation/client.ts'
import { evaluationError } from '../../../src/runtime/evaluation/errors.ts'
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

describe('a program and what it reads', () => {
  let dir: string
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'agentctl-test-'))
  })
  afterAll(() => rm(dir, { recursive: true }))

  function write(name: string, text: string): string {
    writeFileSync(join(dir, name), text)
    return join(dir, name)
  }

  it('are read from their files', async () => {
    const [code, stdin] = [write('a.py', 'print("ä")'), write('a.txt', 'ü\n')]
    expect(await readProgramAndInput(code, stdin)).toEqual({ code: 'print("ä")', stdin: 'ü\n' })
    expect(await readProgramAndInput(code, undefined)).toEqual({ code: 'print("ä")', stdin: '' })
  })

  it('are refused by name', async () => {
    const code = write('b.py', 'pass')
    const refused = (file: string, input?: string) =>
      readProgramAndInput(file, input).catch(({ code: name, message }) => `${name} ${message}`)
    expect(await refused(join(dir, 'none.py'))).toMatch(/^EVAL_FILE_INVALID .*none.py: it does not exist$/)
    expect(await refused(dir)).toMatch(/^EVAL_FILE_INVALID .*: it is a folder$/)
    expect(await refused(write('empty.py', ' \n'))).toMatch(/^EVAL_FILE_INVALID .*empty.py: it is empty$/)
    expect(await refused(code, join(dir, 'none.txt'))).toMatch(/^EVAL_FILE_INVALID .*none.txt/)
    expect(await refused(write('big.py', '#'.repeat(256 * 1024 + 1)))).toMatch(/^EVAL_CODE_TOO_LARGE .*big/)
    expect(await refused(code, write('big.txt', ' '.repeat(1024 * 1024 + 1)))).toMatch(/big.txt: it has more/)
  })

  it.skipIf(process.platform === 'win32')('may come from what never ends', async () => {
    await expect(readProgramAndInput('/dev/zero', undefined)).rejects.toMatchObject({
      code: 'EVAL_CODE_TOO_LARGE',
    })
  })
})

it('stdin cannot hold both a program and what it reads', async () => {
  await expect(readProgramAndInput('-', '-')).rejects.toMatchObject({
    ...{ code: 'EVAL_FILE_INVALID', field: 'stdin', exitCode: 2 },
  })
})

describe('the limits of a submission', () => {
  const program = { code: 'x', language: 'python', stdin: '', args: [] }

  it('are those that were given', () => {
    expect(submissionOf(program, {})).toEqual(program)
    expect(submissionOf(program, { timeout: 100, 'output-limit': 1_048_576, priority: 'high' })).toEqual({
      ...{ ...program, priority: 'high', limits: { wall_ms: 100, output_bytes: 1_048_576 } },
    })
  })

  it.each([
    [{ timeout: 300_000 }, '--timeout: may be at most 1m'],
    [{ timeout: 10 }, '--timeout: must be at least 100ms'],
    [{ cpu: 31_000 }, '--cpu: may be at most 30s'],
    [{ memory: 9_999 }, '--memory: may be at most 512'],
    [{ 'output-limit': 1 }, '--output-limit: must be at least 1024'],
    [{ pids: 1_000 }, '--pids: may be at most 256'],
  ])('%o are refused by their flag', (flags, why) => {
    expect(() => submissionOf(program, flags)).toThrow(why)
  })
})

describe('waiting for the end', () => {
  /** A gateway that has a state for each time it is asked. */
  function gateway(...states: Evaluation['status'][]) {
    const waits: number[] = []
    const status = async (_: string, wait = 0) => {
      waits.push(wait)
      return ended({ status: states.shift() ?? 'running' })
    }
    return { waits, status }
  }

  it.each<[number, Evaluation['status'][], number[]]>([
    [0, ['running'], [0]],
    [5_000, ['running'], [5_000]],
    [150_000, ['queued', 'running', 'running'], [60_000, 60_000, 30_000]],
    [150_000, ['queued', 'completed'], [60_000, 60_000]],
  ])('for %i ms of %o asks for %o', async (wait, states, asked) => {
    const client = gateway(...states)
    await waitForEnd(client, 'e-1', wait)
    expect(client.waits).toEqual(asked)
  })
})

describe('a program that is followed', () => {
  const program = { code: 'x' }

  /** What `follow` does is the test's; everything else does nothing. */
  function clientOf(follow: EvaluationClient['follow'], more: Partial<EvaluationClient> = {}) {
    const nothing = () => Promise.reject(new Error('not expected'))
    const submit = () => Promise.resolve({ eval_id: 'e-1', status: 'queued', status_url: '/' } as const)
    return { submit, status: nothing, list: nothing, cancel: nothing, close: nothing, follow, ...more }
  }

  function listen() {
    const said: string[] = []
    const heard = Promise.withResolvers<void>()
    const say = (text: string) => {
      said.push(text)
      heard.resolve()
    }
    return { said, heard: heard.promise, output: { say, write: () => {} } }
  }

  const never = new AbortController().signal

  it('says that it waits while nothing runs it', async () => {
    const { said, heard, output } = listen()
    const client = clientOf(async () => {
      await heard
      return ended({ status: 'completed' })
    })
    await runProgram(client, program, never, output, 1)
    expect(said).toEqual([expect.stringContaining('e-1 waits to be run')])
  })

  it('does not say so of one that runs', async () => {
    const { said, output } = listen()
    const client = clientOf(async (_, { onStatus }) => {
      onStatus?.('running', 1)
      await new Promise((done) => setTimeout(done, 20))
      return ended({ status: 'completed' })
    })
    await runProgram(client, program, never, output, 1)
    expect(said).toEqual([])
  })

  it('is cancelled even by a gateway that is away at first, and one that has not accepted it yet', async () => {
    const { said, heard, output } = listen()
    const [wanted, taken] = [new AbortController(), Promise.withResolvers<void>()]
    let asked = 0
    const client = clientOf(
      async () => {
        await taken.promise
        return ended({ status: 'cancelled' })
      },
      {
        submit: async () => {
          wanted.abort()
          await heard
          return { eval_id: 'e-1', status: 'queued', status_url: '/' }
        },
        cancel: async () => {
          if (++asked < 3) throw evaluationError('EVAL_UNREACHABLE', 'away')
          taken.resolve()
          return ended({ status: 'running' })
        },
      },
    )
    const end = await runProgram(client, program, wanted.signal, output)
    expect(end.status).toBe('cancelled')
    expect(asked).toBe(3)
    expect(said).toEqual([expect.stringContaining('Cancelling'), 'e-1: cancelled'])
  })

  it('is asked to end once, where it has ended meanwhile', async () => {
    const { output } = listen()
    const [wanted, refused] = [new AbortController(), Promise.withResolvers<void>()]
    let asked = 0
    const client = clientOf(
      async () => {
        wanted.abort()
        await refused.promise
        return ended({ status: 'completed' })
      },
      {
        cancel: async () => {
          asked++
          refused.resolve()
          throw evaluationError('EVAL_FINISHED', 'it has ended')
        },
      },
    )
    expect((await runProgram(client, program, wanted.signal, output)).status).toBe('completed')
    expect(asked).toBe(1)
  })
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

  it.each([
    [7.4, '7ms'],
    [2_634, '2.6s'],
    [10_020, '10s'],
  ])('shows %f ms as %s', (ms, text) => {
    expect(evaluationText(ended({ duration_ms: ms }))).toMatch(new RegExp(`Took +${text}\n`))
  })

  it('says where output is missing', () => {
    expect(evaluationText(ended({ truncated: true }))).toContain('cut off')
    expect(evaluationText(ended({}))).not.toContain('cut off')
  })

  it('tells how it ended where the output does not', () => {
    expect(endLine(ended({ status: 'completed' }))).toBeUndefined()
    expect(endLine(ended({ reason: 'nonzero_exit' }))).toBeUndefined()
    expect(endLine(ended({ reason: 'wall_timeout' }))).toContain('longer')
    expect(endLine(ended({ status: 'cancelled' }))).toBe('cancelled')
    expect(endLine(ended({ reason: 'infra_error', detail: 'no executor' }))).toContain('no executor')
  })
})
