import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type Confirmation, confirmed, type Terminal } from '../../../src/cli/confirm.ts'

const question = { what: 'Remove 12 entries of tasks', yes: false, dryRun: false }

/** Somebody who types, or a pipe. */
function terminal(typed: string | undefined, { stdin = true, stderr = true } = {}) {
  const input = Object.assign(new PassThrough(), { isTTY: stdin })
  const output = Object.assign(new PassThrough(), { isTTY: stderr })
  if (typed !== undefined) input.end(typed)
  return { input, output } satisfies Terminal
}

async function ask(changes: Partial<Confirmation>, typed: string | undefined, where = {}) {
  const place = terminal(typed, where)
  const answer = await confirmed({ ...question, ...changes }, place).catch(
    (error: { code: string }) => error.code,
  )
  return { answer, asked: String(place.output.read() ?? '') }
}

describe('confirmed', () => {
  it('asks, and goes on after y or yes only', async () => {
    for (const typed of ['y\n', 'Y\n', ' yes \n', 'y'])
      expect([typed, (await ask({}, typed)).answer]).toEqual([typed, true])
    for (const typed of ['\n', 'n\n', 'no\n', 'yep\n', 'tasks\n', ''])
      expect([typed, (await ask({}, typed)).answer]).toEqual([typed, 'CONFIRMATION_DECLINED'])
    expect((await ask({}, 'y\n')).asked).toBe('Remove 12 entries of tasks? [y/N] ')
  })

  it('wants the name typed where there is one', async () => {
    expect(await ask({ name: 'tasks' }, 'tasks\n')).toEqual({
      answer: true,
      asked: 'Remove 12 entries of tasks. Type "tasks" to go on: ',
    })
    for (const typed of ['y\n', 'yes\n', 'Tasks\n', 'tasks2\n', ''])
      expect([typed, (await ask({ name: 'tasks' }, typed)).answer]).toEqual([typed, 'CONFIRMATION_DECLINED'])
  })

  it('asks nothing with --yes, on a terminal or not', async () => {
    expect(await ask({ yes: true }, undefined)).toEqual({ answer: true, asked: '' })
    expect(await ask({ yes: true, name: 'tasks' }, undefined, { stdin: false, stderr: false })).toEqual({
      answer: true,
      asked: '',
    })
  })

  it('asks nothing for a dry run, and does not go on, not even with --yes', async () => {
    expect(await ask({ dryRun: true }, undefined, { stdin: false })).toEqual({ answer: false, asked: '' })
    expect(await ask({ dryRun: true, yes: true }, undefined)).toEqual({ answer: false, asked: '' })
  })

  it.each([{ stdin: false }, { stderr: false }])('refuses where nobody can be asked: %j', async (where) => {
    const place = terminal('y\n', where)
    await expect(confirmed(question, place)).rejects.toMatchObject({
      code: 'CONFIRMATION_NEEDED',
      exitCode: 4,
      fix: expect.stringContaining('--yes'),
    })
    expect(place.output.read()).toBeNull()
  })

  it('never lets a name steer the terminal', async () => {
    const { asked } = await ask({ what: 'Remove \x1b[2Jx', name: 'x\x1b[2J' }, 'n\n')
    expect(asked).not.toContain('\x1b')
  })
})
