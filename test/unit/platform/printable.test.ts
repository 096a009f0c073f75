import { describe, expect, it } from 'vitest'
import { createLogger, logFormatter, printable } from '../../../src/runtime/platform/log/index.ts'

describe('printable', () => {
  it('replaces escape sequences, so that data cannot steer a terminal', () => {
    expect(printable('\u001b[2Jgone\u0007\u009b31m\u007f')).toBe('\ufffd[2Jgone\ufffd\ufffd31m\ufffd')
  })

  it('keeps tabs and everything that is text', () => {
    expect(printable('a\tb ä 你 👋')).toBe('a\tb ä 你 👋')
  })

  it('keeps newlines only where they are wanted', () => {
    expect(printable('a\nb\rc')).toBe('a\ufffdb\ufffdc')
    expect(printable('a\nb\rc', true)).toBe('a\nb\ufffdc')
  })
})

describe('logFormatter', () => {
  const format = logFormatter(false)

  it('makes one readable line of a JSON line', () => {
    const line = format('{"level":40,"time":"2026-01-01T10:00:00.000Z","msg":"careful","job":"7"}')
    expect(line).toMatch(/WARN.*careful.*"job":"7"/)
    expect(line).not.toContain('\n')
  })

  it('passes other lines on, made printable', () => {
    expect(format('hello \u001b[31mred')).toBe('hello \ufffd[31mred')
    expect(format('{ not json')).toBe('{ not json')
  })

  it('makes the values of a JSON line printable', () => {
    expect(format('{"level":30,"msg":"\\u001b[2J","name":"\\u001b[31m"}')).not.toContain('\u001b')
  })

  it.each([
    '{}',
    '{"level":"loud"}',
    '{"time":"never"}',
    '{"time":null,"msg":null}',
    '{"msg":{"a":1}}',
    '{"level":50,"err":{"stack":5}}',
    '{"level":50,"err":null}',
    '{"type":"Error","stack":5}',
    '{"__proto__":{"toString":1}}',
    '{"toString":1,"hasOwnProperty":2}',
  ])('survives the odd line %s', (line) => {
    expect(format(line)).toBeTypeOf('string')
  })
})

describe('createLogger', () => {
  it('writes JSON lines with its bindings and an ISO time', () => {
    const lines: string[] = []
    const log = createLogger({
      level: 'info',
      bindings: { role: 'worker' },
      write: (line) => lines.push(line),
    })
    log.debug('hidden')
    log.info({ job: '7' }, 'shown')
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: 30, time: expect.stringMatching(/^\d{4}-.*Z$/), role: 'worker', job: '7', msg: 'shown' },
    ])
  })
})
