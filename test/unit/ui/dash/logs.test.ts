import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { logLine, logLines } from '../../../../src/ui/dash/logs/log-lines.ts'
import { recordOf } from '../../../../src/ui/dash/logs/record.ts'
import { textOfLine } from '../../../../src/ui/dash/parts.ts'
import { holdBack } from '../../../../src/ui/dash/stderr.ts'

const at = (line: string, replica = 'worker-1') => ({ time: '2026-01-02T12:00:00.000Z', replica, line })

describe('a line of a log', () => {
  it('is taken apart when it is one of ours', () => {
    const line = at('{"level":40,"time":"x","role":"worker","pid":3,"msg":"slow","took":12,"job":{"id":"7"}}')
    expect(recordOf(line)).toMatchObject({ level: 'WARN', tone: 'warn', text: 'slow took=12 job={"id":"7"}' })
  })

  it('is shown as it is otherwise', () => {
    for (const text of ['plain words', '{"broken', '{}', '[1,2]', '{"level":"odd"}'])
      expect(() => recordOf(at(text))).not.toThrow()
    expect(recordOf(at('[1,\u001b[31m2]'))).toMatchObject({ level: '', text: '[1,␛[31m2]' })
  })

  it('marks what is looked for, whatever characters that has', () => {
    const { parts } = logLine(at('cost (a+b) and (A+B)'), 0, 80, '(a+b)')
    expect(parts.filter(({ bold }) => bold).map(({ text }) => text)).toEqual(['(a+b)', '(A+B)'])
    expect(textOfLine(parts)).toContain('cost (a+b) and (A+B)')
  })

  it('is found by replica and by words', () => {
    const lines = [at('one apple'), at('two apples', 'worker-2'), at('{"level":50,"msg":"pear"}')]
    expect(logLines(lines, { replica: null, filter: 'APPLE worker-2' })).toEqual([lines[1]])
    expect(logLines(lines, { replica: 'worker-1', filter: 'apple' })).toEqual([lines[0]])
    expect(logLines(lines, { replica: null, filter: 'error' })).toEqual([lines[2]])
  })
})

describe('what is written to stderr while the screen is open', () => {
  const stream = (isTTY: boolean) =>
    Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.WriteStream & PassThrough

  it('comes when it is closed', async () => {
    const stderr = stream(true)
    const release = holdBack(stderr)
    const flushed = new Promise((resolve) => stderr.write('a warning\n', resolve))
    await flushed
    stderr.write(Buffer.from('another\n'))
    expect(stderr.read()).toBeNull()
    release()
    expect(String(stderr.read())).toBe('a warning\nanother\n')
    stderr.write('later')
    expect(String(stderr.read())).toBe('later')
  })

  it('is not held back where it goes elsewhere', () => {
    const stderr = stream(false)
    holdBack(stderr)
    stderr.write('to a file')
    expect(String(stderr.read())).toBe('to a file')
  })
})
