import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Language, Outcome } from '../../src/runtime/sandbox/index.ts'
import { hostileCases, leakCases } from '../support/hostile-programs.ts'
import { recordHostile } from '../support/hostile-report.ts'
import { type HostileScene, openHostileScene } from '../support/hostile-scene.ts'
import { programs } from '../support/sandbox-programs.ts'
import { runIn, type SandboxSubject } from '../support/sandbox-subject.ts'

/** Programs that mean harm. After each of them another program runs as ever. */
export function hostileContract(
  name: string,
  languages: readonly Language[],
  subject: () => SandboxSubject,
): void {
  let scene: HostileScene
  beforeAll(async () => {
    scene = await openHostileScene()
  })
  afterAll(() => scene?.close())

  const ours = hostileCases.filter(({ language }) => languages.includes(language))
  it.each(ours)('$language: $name', async ({ name: what, language, expected, code, limits, holds }) => {
    const { sandbox } = subject()
    const text = typeof code === 'string' ? code : code(scene)
    const outcome = await runIn(sandbox, language, text, { limits: limits ?? {} })
    recordHostile(name, `${what} (${language})`, expected, observed(outcome))
    const said = `${outcome.stdout}\n${outcome.stderr}`
    expect(said).not.toContain(scene.secret)
    expect(scene.connections(), `connections, after:\n${said}`).toBe(0)
    expect(scene.wasWritten(), `written to the host, after:\n${said}`).toBe(false)
    if (holds) expect(holds(outcome), `${JSON.stringify(outcome, null, 1).slice(0, 4_000)}`).toBe(true)
    await expectWorking(subject(), language)
  })

  const leaks = leakCases.filter(({ language }) => languages.includes(language))
  it.each(leaks)(
    '$language: leaves nothing to later programs: $name',
    async ({ name: what, language, leave, look }) => {
      const { sandbox } = subject()
      await runIn(sandbox, language, leave)
      const outcome = await runIn(sandbox, language, look)
      const expected = 'a later program finds nothing of it'
      recordHostile(name, `leaves behind: ${what} (${language})`, expected, outcome.stdout.trim())
      expect(outcome).toMatchObject({ stdout: 'clean\n' })
    },
  )

  it('runs 20 at once, good ones and bad ones, without mixing them up', async () => {
    const { sandbox } = subject()
    const language = languages.includes('javascript') ? 'javascript' : (languages[0] as Language)
    const is = programs[language]
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 4 === 3
          ? runIn(sandbox, language, is.hoards, {
              limits: { memory_mb: 32, wall_ms: 60_000, cpu_ms: 30_000 },
            })
          : runIn(sandbox, language, is.args, { args: [`number ${i}`], limits: { wall_ms: 60_000 } }),
      ),
    )
    for (const [i, outcome] of outcomes.entries()) {
      if (i % 4 === 3)
        expect(outcome).toMatchObject({ status: 'failed', reason: 'out_of_memory', stdout: '' })
      else expect(outcome).toMatchObject({ status: 'completed', stdout: `number ${i}\n` })
    }
    recordHostile(
      name,
      '20 programs at once, 5 of them memory hogs',
      'each gets its own result',
      'each got it',
    )
  }, 120_000)
}

async function expectWorking({ sandbox }: SandboxSubject, language: Language): Promise<void> {
  const outcome = await runIn(sandbox, language, programs[language].hello, { limits: { wall_ms: 60_000 } })
  expect(outcome).toMatchObject({ status: 'completed', stdout: 'Hello, Events!\n' })
}

function observed({ status, reason, exit_code, stdout, stderr, duration_ms }: Outcome): string {
  const how =
    reason === undefined ? status : `${reason}${exit_code === null ? '' : ` (exit code ${exit_code})`}`
  const refusals = stdout.split('\n').filter((line) => line.startsWith('refused')).length
  const told = refusals > 0 ? `, ${refusals} attempts refused` : ''
  const last = stderr.trim().split('\n').at(-1)?.slice(0, 100) ?? ''
  const after = reason?.endsWith('timeout') ? ` after ${(duration_ms / 1_000).toFixed(1)} s` : ''
  return `${how}${after}${told}${told === '' && last !== '' && reason === 'nonzero_exit' ? `: ${last}` : ''}`
}
