import { expect, it } from 'vitest'
import { createMultiplexed } from '../../../src/runtime/platform/containers/multiplexed.ts'

function piece(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}

const whole = Buffer.concat([
  piece(1, 'out'),
  piece(2, 'err'),
  piece(1, ''),
  piece(0, 'stdin'),
  piece(1, 'x'.repeat(300)),
  piece(2, 'ü'),
])

it.each([1, 2, 3, 7, 8, 9, 11, 64, whole.length])(
  'takes a stream apart that comes in chunks of %i',
  (size) => {
    const seen = { stdout: '', stderr: '' }
    const take = createMultiplexed((name, bytes) => {
      seen[name] += bytes.toString('latin1')
    })
    for (let at = 0; at < whole.length; at += size) take(whole.subarray(at, at + size))
    expect(seen).toEqual({
      stdout: `out${'x'.repeat(300)}`,
      stderr: `err${Buffer.from('ü').toString('latin1')}`,
    })
  },
)

it('passes on what has come of a piece before the rest of it', () => {
  const seen: string[] = []
  const take = createMultiplexed((name, bytes) => seen.push(`${name} ${bytes}`))
  const bytes = piece(1, 'hello')
  take(bytes.subarray(0, 10))
  expect(seen).toEqual(['stdout he'])
  take(bytes.subarray(10))
  expect(seen).toEqual(['stdout he', 'stdout llo'])
})
