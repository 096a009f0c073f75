import { describe, expect, it } from 'vitest'
import { createLogFormat } from '../../../src/cli/log-lines.ts'

describe('createLogFormat', () => {
  const time = '2026-01-01T00:00:00.000Z'

  it('puts the name of the replica before its line', () => {
    const format = createLogFormat(false)
    expect(format({ time, replica: 'worker-1', line: 'hello' })).toBe('worker-1 │ hello')
    expect(format({ time, replica: 'redis', line: 'hello' })).toBe('redis    │ hello')
  })

  it('grows its column with the longest name so far', () => {
    const format = createLogFormat(false)
    format({ time, replica: 'a-long-name-12', line: '' })
    expect(format({ time, replica: 'w', line: 'x' })).toBe('w              │ x')
  })

  it('makes JSON lines readable and strips what could steer the terminal', () => {
    const format = createLogFormat(false)
    expect(format({ time, replica: 'w', line: `{"level":30,"time":"${time}","msg":"ready"}` })).toContain(
      'ready',
    )
    expect(format({ time, replica: 'w', line: '\u001b[2J' })).not.toContain('\u001b')
  })

  it.each([
    '{"level":{}}',
    '{"level":[1]}',
    '{"level":30,"time":{},"msg":"x"}',
    '{"level":30,"err":{"stack":1}}',
    '{"level":30',
  ])('shows %s although it is no log line of ours', (line) => {
    expect(createLogFormat(false)({ time, replica: 'w', line })).toContain('w        │ ')
  })

  it('strips escapes from keys too', () => {
    const line = createLogFormat(false)({
      time,
      replica: 'w',
      line: '{"level":30,"msg":"x","a":{"\\u001b[2J":1}}',
    })
    expect(line).not.toContain('\u001b')
    expect(line).toContain('[2J')
  })

  it('has no colours where there is no terminal', () => {
    const format = createLogFormat(false)
    const line = format({ time, replica: 'w', line: `{"level":50,"msg":"bad"}` })
    expect(line).not.toContain('\u001b')
  })
})
