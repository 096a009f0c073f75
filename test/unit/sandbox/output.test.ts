import { describe, expect, it } from 'vitest'
import { createOutput } from '../../../src/runtime/sandbox/output.ts'

function capture(limit = 100) {
  const told: [string, string][] = []
  const limits: string[] = []
  const output = createOutput({
    limit,
    onOutput: (name, text) => told.push([name, text]),
    onLimit: (name) => limits.push(name),
  })
  return { output, told, limits }
}

const bytes = (...all: number[]) => new Uint8Array(all)

describe('the output of a program', () => {
  it('is kept apart and told as it comes', () => {
    const { output, told } = capture()
    output.write('stdout', Buffer.from('one '))
    output.write('stderr', Buffer.from('oh'))
    output.write('stdout', Buffer.from('two'))
    expect(output.end()).toEqual({ stdout: 'one two', stderr: 'oh', truncated: false })
    expect(told).toEqual([
      ['stdout', 'one '],
      ['stderr', 'oh'],
      ['stdout', 'two'],
    ])
  })

  it('is told in whole characters, however it is cut', () => {
    const { output, told } = capture()
    for (const byte of Buffer.from('ü🎉')) output.write('stdout', bytes(byte))
    expect(told).toEqual([
      ['stdout', 'ü'],
      ['stdout', '🎉'],
    ])
    expect(output.end().stdout).toBe('ü🎉')
  })

  it('holds neither NUL nor what is no UTF-8, and keeps a byte order mark', () => {
    const { output } = capture()
    output.write('stdout', bytes(0xef, 0xbb, 0xbf, 0x61, 0, 0xff, 0xfe, 0x62))
    expect(output.end().stdout).toBe('\uFEFFa\uFFFD\uFFFD\uFFFDb')
  })

  it('shows that a character was left unfinished', () => {
    const { output, told } = capture()
    output.write('stdout', Buffer.from('ü').subarray(0, 1))
    expect(output.end().stdout).toBe('\uFFFD')
    expect(output.end().stdout).toBe('\uFFFD')
    expect(told).toEqual([['stdout', '\uFFFD']])
  })

  it('may be exactly as long as the limit', () => {
    const { output, limits } = capture(4)
    output.write('stdout', Buffer.from('1234'))
    output.write('stderr', Buffer.from('1234'))
    expect(output.end()).toEqual({ stdout: '1234', stderr: '1234', truncated: false })
    expect(limits).toEqual([])
  })

  it('says once that there is more than the limit', () => {
    const { output, told, limits } = capture(4)
    output.write('stdout', Buffer.from('123'))
    output.write('stdout', Buffer.from('456'))
    output.write('stdout', Buffer.from('789'))
    output.write('stderr', Buffer.from('12345'))
    expect(output.end()).toEqual({ stdout: '1234', stderr: '1234', truncated: true })
    expect(limits).toEqual(['stdout'])
    expect(told.map(([, text]) => text).join('')).toBe('12341234')
  })

  it('leaves out a character that the limit cuts in two', () => {
    const { output } = capture(4)
    output.write('stdout', Buffer.from('abcü'))
    expect(output.end()).toEqual({ stdout: 'abc', stderr: '', truncated: true })
  })

  it('keeps an unfinished character that ends right at the limit', () => {
    const { output } = capture(4)
    output.write('stdout', Buffer.from('abcü').subarray(0, 4))
    expect(output.end()).toEqual({ stdout: 'abc\uFFFD', stderr: '', truncated: false })
  })
})
