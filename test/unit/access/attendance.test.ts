import { expect, it } from 'vitest'
import { createAttendance } from '../../../src/runtime/access/attendance.ts'
import type { AccessRecord } from '../../../src/runtime/access/record.ts'

const record: AccessRecord = { id: 'a', name: 'n', digest: 'd', scopes: ['chat'], created: 0 }

/** An answer that knows whether it was cut. */
function answer() {
  const opened = { cut: false, destroy: () => (opened.cut = true) }
  return opened
}

it('cuts what a key has open, and nothing of another', () => {
  const attendance = createAttendance({ find: async () => record })
  const [one, two, other, gone] = [answer(), answer(), answer(), answer()]
  for (const open of [one, two, gone]) attendance.enter('a', open)
  attendance.enter('b', other)
  attendance.leave('a', gone)
  attendance.end('a')
  expect([one.cut, two.cut, other.cut, gone.cut]).toEqual([true, true, false, false])
  attendance.close()
})

it.each([
  ['has expired', async () => ({ ...record, expires: 5 }), true],
  ['was revoked, which was not heard', async () => ({ ...record, revoked: 5 }), true],
  ['is not known any more', async () => undefined, true],
  ['is valid', async () => ({ ...record, expires: 11 }), false],
  [
    'cannot be looked up, as Redis is away',
    async () => {
      throw new Error('away')
    },
    false,
  ],
])('of a key that %s', async (_what, find, cut) => {
  const looked = Promise.withResolvers<void>()
  let looks = 0
  const attendance = createAttendance({
    find: (): Promise<AccessRecord | undefined> => {
      // By the second look, what the first one found has had its effect.
      if (++looks === 2) looked.resolve()
      return find()
    },
    every: 1,
    now: () => 10,
  })
  const open = answer()
  attendance.enter('a', open)
  await looked.promise
  expect(open.cut).toBe(cut)
  attendance.close()
})
