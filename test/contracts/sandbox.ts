import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Language,
  type OutputName,
  outcome as outcomeSchema,
  type Sandbox,
} from '../../src/runtime/sandbox/index.ts'
import { programs } from '../support/sandbox-programs.ts'
import { type RunOptions, runIn, type SandboxSubject } from '../support/sandbox-subject.ts'
import { hostileContract } from './sandbox-hostile.ts'

export interface SandboxContractOptions {
  /** Those that `probe()` must name. */
  languages: readonly Language[]
  open(): Promise<SandboxSubject>
  /** Hostile programs take long: false where the same sandbox has met them already. */
  hostile?: boolean
}

/** What every sandbox promises, with programs that mean well and with programs that do not. */
export function sandboxContract(name: string, options: SandboxContractOptions): void {
  const { languages, open, hostile = true } = options
  describe(`${name} sandbox`, () => {
    let subject: SandboxSubject
    beforeAll(async () => {
      subject = await open()
    })
    afterAll(() => subject?.close())

    it('says what it can run', async () => {
      expect(await subject.sandbox.probe()).toMatchObject({ ok: true, languages: [...languages] })
    })
    describe.each(languages)('%s', (language) => behaviour(language, () => subject.sandbox))
    if (hostile) describe('hostile programs', () => hostileContract(name, languages, () => subject))
    it('leaves nothing running', async () => {
      await expect.poll(() => subject.programsLeft(), { timeout: 20_000 }).toBe(0)
    })
    it('ends what runs when it is closed, and then runs nothing', async () => {
      const own = await open()
      const language = languages.includes('javascript') ? 'javascript' : (languages[0] as Language)
      let ready = () => {}
      const started = new Promise<void>((resolve) => {
        ready = resolve
      })
      const run = runIn(own.sandbox, language, programs[language].sleeps, { onOutput: () => ready() })
      const ended = run.catch((error) => error)
      await started
      await own.close()
      await ended
      await expect.poll(() => own.programsLeft(), { timeout: 20_000 }).toBe(0)
      await expect(runIn(own.sandbox, language, programs[language].hello)).rejects.toMatchObject({
        code: 'SANDBOX_FAILED',
      })
    })
  })
}

function behaviour(language: Language, sandbox: () => Sandbox): void {
  const is = programs[language]
  const run = (code: string, options?: RunOptions) => runIn(sandbox(), language, code, options)

  it('runs a program', async () => {
    const found = await run(is.hello)
    expect(outcomeSchema.parse(found)).toEqual(found)
    expect(found).toMatchObject({
      status: 'completed',
      exit_code: 0,
      signal: null,
      stdout: 'Hello, Events!\n',
      stderr: '',
      truncated: false,
      oom_seen: false,
      backend: sandbox().kind,
    })
    expect(found.reason).toBeUndefined()
    expect(found.duration_ms).toBeGreaterThan(0)
  })

  it('gives it stdin and arguments', async () => {
    const shouted = await run(is.shout, { stdin: 'grüße\nand more' })
    expect(shouted).toMatchObject({ status: 'completed', stdout: 'GRÜSSE\nAND MORE' })
    const args = ['a b', '--flag', '-', 'ü', '$(id)', '"quoted"']
    expect(await run(is.args, { args })).toMatchObject({ stdout: `${args.join('|')}\n` })
    expect(await run(is.args)).toMatchObject({ stdout: '\n' })
  })

  it('takes a stdin of 1 MiB, read or not', async () => {
    const stdin = 'abcdefg\n'.repeat(128 * 1024)
    const found = await run(is.shout, { stdin, limits: { output_bytes: 1024 * 1024 } })
    expect(found).toMatchObject({ status: 'completed', truncated: false })
    expect(found.stdout === stdin.toUpperCase()).toBe(true)
    expect(await run(is.deaf, { stdin })).toMatchObject({ status: 'completed', stdout: 'done\n' })
  })

  it('tells its exit code', async () => {
    expect(await run(is.exit3)).toMatchObject({
      status: 'failed',
      reason: 'nonzero_exit',
      exit_code: 3,
      signal: null,
      stdout: 'bye\n',
    })
  })

  it('shows where an error was raised, in the program and nowhere else', async () => {
    const found = await run(is.throws)
    expect(found).toMatchObject({ status: 'failed', reason: 'nonzero_exit', exit_code: 1, stdout: '' })
    expect(found.stderr).toMatch(/kaboom/)
    expect(found.stderr).toMatch(language === 'python' ? /line 2, in broken/ : /broken.*:2:/)
    expect(found.stderr).not.toMatch(/pyodide|agentctl|boot/i)
  })

  it('fails for a syntax error', async () => {
    const found = await run('let let = = (')
    expect(found).toMatchObject({ status: 'failed', reason: 'nonzero_exit', exit_code: 1, stdout: '' })
    expect(found.stderr).toMatch(/SyntaxError|Unexpected|error/)
  })

  it('keeps stdout and stderr apart, and text as it is', async () => {
    expect(await run(is.both)).toMatchObject({ stdout: 'out\n', stderr: 'err\n' })
    expect(await run(is.unicode)).toMatchObject({ stdout: 'naïve 日本語 🎉\n' })
    expect(await run(is.unended)).toMatchObject({ stdout: 'no line end' })
    expect(await run(is.bytes)).toMatchObject({ status: 'completed', stdout: 'a\uFFFD\uFFFD\uFFFDb' })
  })

  it('tells of output as it comes', async () => {
    const seen: { text: string; at: number }[] = []
    const onOutput = (_: OutputName, text: string) => seen.push({ text, at: performance.now() })
    const found = await run(is.twice(3_000), { onOutput })
    expect(found).toMatchObject({ status: 'completed', stdout: 'first\nsecond\n' })
    expect(seen.map(({ text }) => text).join('')).toBe(found.stdout)
    // Where a line is told in pieces, its end may come apart from it.
    const gap = (seen.find(({ text }) => text.startsWith('s'))?.at ?? 0) - (seen[0]?.at ?? 0)
    expect(gap).toBeGreaterThan(300)
  })

  it('takes output up to the limit, and not a byte more', async () => {
    const limits = { output_bytes: 4_096 }
    const most = await run(is.letters(4_096), { limits })
    expect(most).toMatchObject({ status: 'completed', truncated: false })
    expect(most.stdout).toHaveLength(4_096)
    let told = ''
    const onOutput = (_: OutputName, text: string) => {
      told += text
    }
    const tooMuch = await run(is.letters(4_097), { limits, onOutput })
    expect(tooMuch).toMatchObject({ status: 'failed', reason: 'output_limit', truncated: true })
    expect(tooMuch.stdout).toBe('x'.repeat(4_096))
    expect(told).toBe(tooMuch.stdout)
  })

  it('ends it when its time is up, with what it has written', async () => {
    const found = await run(is.sleeps, { limits: { wall_ms: 5_000 } })
    expect(found).toMatchObject({ status: 'failed', reason: 'wall_timeout', stdout: 'ready\n' })
    expect(found.duration_ms).toBeGreaterThanOrEqual(4_900)
  })

  it('ends it when its processor time is up', async () => {
    const found = await run(is.spins, { limits: { cpu_ms: 1_000, wall_ms: 30_000 } })
    expect(found).toMatchObject({ status: 'failed', reason: 'cpu_timeout', stdout: 'ready\n' })
  })

  it('ends it when it takes more memory than it may', async () => {
    const found = await run(is.hoards, { limits: { memory_mb: 64, wall_ms: 30_000, cpu_ms: 30_000 } })
    expect(found).toMatchObject({ status: 'failed', reason: 'out_of_memory', oom_seen: true })
  })

  it('ends it when it is cancelled, with what it has written', async () => {
    const controller = new AbortController()
    const onOutput = () => controller.abort()
    const found = await run(is.sleeps, { signal: controller.signal, onOutput })
    expect(found).toMatchObject({ status: 'cancelled', stdout: 'ready\n' })
    expect(found.reason).toBeUndefined()
  })

  it('does not start what was cancelled before', async () => {
    const found = await run(is.hello, { signal: AbortSignal.abort() })
    expect(found).toMatchObject({ status: 'cancelled', stdout: '', stderr: '' })
  })
}
