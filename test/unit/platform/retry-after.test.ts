import { expect, it } from 'vitest'
import { parseRetryAfter } from '../../../src/runtime/platform/http/index.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')

it.each([
  ['0', 0],
  ['7', 7_000],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
  [['1', '2'], undefined],
])('Retry-After: %j is %j ms', (header, ms) => expect(parseRetryAfter(header, NOW)).toBe(ms))
