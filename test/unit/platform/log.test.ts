import { expect, it } from 'vitest'
import { createLogger } from '../../../src/runtime/platform/log/index.ts'

it('names the command of Redis that failed, and tells nothing of what it was given', () => {
  const lines: string[] = []
  const log = createLogger({ level: 'info', bindings: {}, write: (line) => lines.push(line) })
  const command = { name: 'hset', args: ['job', 'a program of somebody'] }
  const refused = Object.assign(new Error('OOM command not allowed'), { command })
  const discarded = Object.assign(new Error('EXECABORT'), { code: 'E', previousErrors: [refused] })
  log.child({ job: 7 }).error({ err: refused }, 'failed')
  log.error({ err: discarded }, 'failed')
  log.error(refused)
  expect(lines.join()).not.toContain('a program of somebody')
  const [first, second] = lines.map((line) => JSON.parse(line).err)
  expect(first).toMatchObject({ type: 'Error', message: 'OOM command not allowed', command: 'hset' })
  expect(first.stack).toContain('log.test.ts')
  expect(second).toMatchObject({ message: 'EXECABORT', code: 'E' })
})

it.each([['a text'], [undefined], [null], [{ some: 'thing' }]])('takes %j for what it is', (err) => {
  const lines: string[] = []
  const log = createLogger({ level: 'info', bindings: {}, write: (line) => lines.push(line) })
  log.error({ err }, 'failed')
  expect(JSON.parse(lines[0] ?? '').err).toEqual(err)
})
