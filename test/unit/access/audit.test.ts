import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createRefusalLog } from '../../../src/runtime/access/audit.ts'

it('writes twenty lines a second, and how many were left out', () => {
  const lines: Record<string, unknown>[] = []
  let now = 0
  const refuse = createRefusalLog(
    pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }),
    () => now,
  )
  const refusal = { code: 'ACCESS_KEY_REQUIRED', key: undefined, address: '::1', route: '/stream' }
  for (let i = 0; i < 50; i++) refuse(refusal)
  expect(lines).toHaveLength(20)
  now = 1_000
  for (let i = 0; i < 3; i++) refuse(refusal)
  expect(lines.slice(20).map(({ unlogged }) => unlogged)).toEqual([30, undefined, undefined])
  expect(lines[0]).toMatchObject({ audit: 'refused', code: 'ACCESS_KEY_REQUIRED', route: '/stream' })
})
