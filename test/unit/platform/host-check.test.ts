import { expect, it } from 'vitest'
import { hostName } from '../../../src/runtime/platform/http/host-check.ts'

it.each([
  ['localhost:8000', 'localhost'],
  ['Example.COM', 'example.com'],
  ['example.com.:80', 'example.com'],
  ['127.0.0.1:8000', '127.0.0.1'],
  ['[::1]:8000', '::1'],
  ['[::1]', '::1'],
  ['', undefined],
  [undefined, undefined],
  ['a:b:c', 'a:b:c'],
  ['evil.example@localhost', 'evil.example@localhost'],
])('%j names the host %j', (header, name) => expect(hostName(header)).toBe(name))
