import { describe, expect, it } from 'vitest'
import { secondSnapshot, snapshots } from '../../../../src/cli/dash/look.ts'
import { screenObstacle } from '../../../../src/cli/dash/obstacle.ts'
import { createTestDashboard } from '../../../support/dashboard.ts'
import { exampleSnapshot } from '../../../support/snapshots.ts'

const at = (n: number) => exampleSnapshot({ at: new Date(n).toISOString() })

describe('snapshots', () => {
  it('come each once, and to who is slow only the newest', async () => {
    const source = createTestDashboard()
    const stopping = new AbortController()
    const seen = snapshots(source, stopping.signal)
    const first = seen.next()
    source.show(at(1))
    expect((await first).value).toEqual(at(1))
    source.show(at(2))
    source.show(at(3))
    expect((await seen.next()).value).toEqual(at(3))
    const none = seen.next()
    stopping.abort()
    expect(await none).toEqual({ done: true, value: undefined })
  })

  it('are two where rates are wanted', async () => {
    const source = createTestDashboard(at(1))
    const second = secondSnapshot(source)
    await Promise.resolve()
    source.show(at(2))
    expect(await second).toEqual(at(2))
  })

  it('are none without a Redis', async () => {
    const trouble = { since: new Date(0).toISOString(), what: 'Redis is away: it is' }
    const source = createTestDashboard(exampleSnapshot({ trouble, redis: null }))
    await expect(secondSnapshot(source)).rejects.toMatchObject({
      code: 'REDIS_UNREACHABLE',
      message: trouble.what,
    })
  })
})

describe('a screen', () => {
  const surface = { stdin: { isTTY: true }, stdout: { isTTY: true }, env: { TERM: 'xterm' } }

  it('can be drawn on a terminal, also where CI is denied', () => {
    expect(screenObstacle(surface)).toBeUndefined()
    expect(screenObstacle({ ...surface, env: { CI: 'false' } })).toBeUndefined()
  })

  it.each([
    ['a pipe', { stdout: {} }, 'the output goes to no terminal'],
    ['an input that is none', { stdin: {} }, 'keys cannot be read'],
    ['a terminal that cannot go back', { env: { TERM: 'dumb' } }, 'TERM is dumb'],
    ['a build server', { env: { CI: '1' } }, 'CI is set'],
    ['a build server that says nothing', { env: { CI: '' } }, 'CI is set'],
  ])('cannot be drawn on %s', (_what, change, why) => {
    expect(screenObstacle({ ...surface, ...change })).toContain(why)
  })
})
