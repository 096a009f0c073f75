import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Standing } from '../../../src/runtime/sandbox/docker/containers.ts'
import { createPool } from '../../../src/runtime/sandbox/docker/pool.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const MAX_AGE = 300_000

function scene(sizes = { python: 2, node: 1 }) {
  const clock = createFakeClock()
  const made: (Standing & { die(): void })[] = []
  const discarded: string[] = []
  const failures: unknown[] = []
  let fails = false
  let takes = 0
  const pool = createPool({
    sizes,
    async start(runtime) {
      if (takes > 0) await new Promise<void>((done) => clock.after(takes, done))
      await turn()
      if (fails) throw new Error('no engine')
      const death = Promise.withResolvers<undefined>()
      const attachment = { send() {}, listen() {}, close() {}, ended: death.promise }
      const standing = {
        runtime,
        id: `${runtime}-${made.length}`,
        attachment,
        die: () => death.resolve(undefined),
      }
      made.push(standing)
      return standing
    },
    async discard({ id }) {
      discarded.push(id)
    },
    clock,
    maxAge: MAX_AGE,
    onFailure: (_, error) => failures.push(error),
  })
  const standing = () => [pool.standing('python'), pool.standing('node')]
  const settle = async () => {
    for (let i = 0; i < 20; i++) await turn()
  }
  return {
    clock,
    pool,
    made,
    discarded,
    failures,
    standing,
    settle,
    fail: (now: boolean) => {
      fails = now
    },
    slow: (ms: number) => {
      takes = ms
    },
  }
}

it('fills up when told to, and gives each out once', async () => {
  const { pool, standing, settle, made } = scene()
  expect(pool.take('python')).toBeUndefined()
  pool.fill()
  pool.fill()
  await settle()
  expect(standing()).toEqual([2, 1])
  const taken = [pool.take('python')?.id, pool.take('python')?.id, pool.take('python')?.id]
  expect(taken).toEqual(['python-0', 'python-1', undefined])
  expect(made).toHaveLength(3)
})

it('replaces what was taken, but not at once', async () => {
  const { pool, clock, standing, settle } = scene()
  pool.fill()
  await settle()
  pool.take('python')
  await clock.advance(900)
  expect(standing()).toEqual([1, 1])
  await clock.advance(200)
  await settle()
  expect(standing()).toEqual([2, 1])
})

it('renews what has stood too long, and what has died', async () => {
  const { pool, clock, standing, settle, made, discarded } = scene()
  pool.fill()
  await settle()
  await clock.advance(MAX_AGE - 1)
  expect(discarded).toEqual([])
  await clock.advance(1)
  expect(discarded).toEqual(['python-0', 'python-1', 'node-2'])
  await clock.advance(1_000)
  await settle()
  expect(standing()).toEqual([2, 1])
  made.at(-1)?.die()
  await settle()
  expect(standing()).toEqual([2, 0])
  expect(discarded).toHaveLength(4)
})

it('does not take away what was given out', async () => {
  const { pool, clock, settle, made, discarded } = scene({ python: 1, node: 0 })
  pool.fill()
  await settle()
  const taken = pool.take('python')
  made[0]?.die()
  await clock.advance(MAX_AGE)
  expect(discarded).not.toContain(taken?.id)
})

it('tries again later when none can be started', async () => {
  const { pool, clock, standing, settle, failures, fail } = scene()
  fail(true)
  pool.fill()
  await settle()
  expect(failures.length).toBeGreaterThan(0)
  const seen = failures.length
  pool.fill()
  await settle()
  expect(failures).toHaveLength(seen)
  fail(false)
  await clock.advance(10_000)
  await settle()
  expect(standing()).toEqual([2, 1])
})

it('tries again also when the last failure came long after the first', async () => {
  const { pool, clock, standing, settle, fail, slow, failures } = scene()
  fail(true)
  slow(5_000)
  pool.fill()
  // The first fails at 5 s, the second at 10 s, so that nothing is tried before 20 s.
  for (let i = 0; i < 2; i++) {
    await clock.advance(5_000)
    await settle()
  }
  expect(failures).toHaveLength(2)
  fail(false)
  slow(0)
  for (let i = 0; i < 2; i++) {
    expect(standing()).toEqual([0, 0])
    await clock.advance(5_000)
    await settle()
  }
  expect(standing()).toEqual([2, 1])
})

it('leaves nothing standing when it is closed, also what was being started', async () => {
  const { pool, settle, made, discarded, clock } = scene()
  pool.fill()
  await settle()
  pool.take('node')
  pool.fill()
  await pool.close()
  expect(discarded.sort()).toEqual(
    made
      .map(({ id }) => id)
      .filter((id) => id !== 'node-2')
      .sort(),
  )
  expect(clock.pending).toBe(0)
  expect(pool.take('python')).toBeUndefined()
})
