import { expect, it } from 'vitest'
import { createLogger, logFormatter } from '../../../src/runtime/platform/log/index.ts'
import { enterSpan, parseTraceparent, passingTracer } from '../../../src/runtime/platform/tracing/index.ts'

it('says of every line within a trace which it is, and of others nothing', () => {
  const lines: Record<string, unknown>[] = []
  const write = (line: string) => lines.push(JSON.parse(line))
  const log = createLogger({ level: 'info', bindings: { role: 'test' }, write }).child({ job: 7 })
  const parent = parseTraceparent(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`)
  enterSpan(passingTracer, 'job', { parent }, () => log.info({ x: 1 }, 'within'))
  log.info('without')
  expect(lines[0]).toMatchObject({
    ...{ msg: 'within', role: 'test', job: 7, x: 1 },
    ...{ trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) },
  })
  expect(Object.keys(lines[1] ?? {})).not.toContain('trace_id')
  // To people only what they may search for.
  const shown = logFormatter(false)(JSON.stringify(lines[0]))
  expect(shown).toContain('a'.repeat(32))
  expect(shown).not.toContain('span_id')
})
