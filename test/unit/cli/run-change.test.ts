import { describe, expect, it } from 'vitest'
import { type Change, counted, runChange } from '../../../src/cli/run-change.ts'

function scene(flags: { yes: boolean; 'dry-run': boolean }) {
  const steps: string[] = []
  const change: Change<{ n: number }, { removed: number }> = {
    async plan() {
      steps.push('plan')
      return { n: 3 }
    },
    what: ({ n }) => `Remove ${counted(n, 'entry', 'entries')}`,
    warnings: () => ['Careful\x1b[31m.'],
    async apply({ n }) {
      steps.push('apply')
      return { removed: n - 1 }
    },
    done: ({ removed }, { n }) => `Removed ${removed} of ${n}.`,
  }
  const output = {
    print: (line: string) => steps.push(`print ${line}`),
    say: (line: string) => steps.push(`say ${line}`),
  }
  return { steps, run: () => runChange(change, flags, output) }
}

describe('runChange', () => {
  it('tells what would be done in a dry run, and does nothing', async () => {
    const { steps, run } = scene({ yes: true, 'dry-run': true })
    expect(await run()).toEqual({ dry_run: true, plan: { n: 3 } })
    expect(steps).toEqual([
      'plan',
      'say Careful\ufffd[31m.',
      'print Would remove 3 entries. Nothing was changed.',
    ])
  })

  it('counts, warns, does and tells', async () => {
    const { steps, run } = scene({ yes: true, 'dry-run': false })
    expect(await run()).toEqual({ dry_run: false, plan: { n: 3 }, result: { removed: 2 } })
    expect(steps).toEqual(['plan', 'say Careful\ufffd[31m.', 'apply', 'print Removed 2 of 3.'])
  })
})

describe('counted', () => {
  it.each([
    [0, '0 entries'],
    [1, '1 entry'],
    [2, '2 entries'],
  ])('writes %d as %j', (count, text) => {
    expect(counted(count, 'entry', 'entries')).toBe(text)
  })
})
