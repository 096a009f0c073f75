import { describe, expect, it } from 'vitest'
import { resolveConfig } from '../../../src/runtime/kernel/index.ts'
import { options } from '../../../src/runtime/worker/options.ts'
import { workOf } from '../../../src/runtime/worker/work.ts'

const workWith = (flags: Record<string, unknown>) => workOf(resolveConfig(options, { flags }).values)

describe('the work of a worker', () => {
  it('is chats when nothing is said', () => {
    expect(workWith({})).toMatchObject({ kind: 'chats', facts: { handler: 'demo', pool: 'default' } })
  })

  it('is the events of the types it subscribes to, each once', () => {
    expect(workWith({ subscribe: 'a.b,c.d,a.b', handler: './h.ts' })).toMatchObject({
      kind: 'events',
      types: ['a.b', 'c.d'],
      action: { handler: './h.ts' },
      facts: { handler: './h.ts', events: 'a.b,c.d', group: 'agent-group' },
    })
    expect(workWith({ subscribe: 'a.b', exec: 'true', group: 'g' })).toMatchObject({
      action: { exec: 'true' },
      facts: { group: 'g' },
    })
  })

  it('is the stages that are named, whatever the handler of other workers is', () => {
    expect(workWith({ stage: 'encoder,generator', handler: './h.ts' })).toMatchObject({
      kind: 'stages',
      stage: 'encoder,generator',
      facts: { stage: 'encoder,generator' },
    })
  })

  it('is evaluations, apart from the other stages', () => {
    expect(workWith({ stage: 'evaluation' })).toMatchObject({
      kind: 'evaluations',
      facts: { stage: 'evaluation' },
      gauge: ['evaluations_running', expect.any(String)],
    })
    for (const stage of ['encoder,evaluation', 'evaluation,generator', 'evaluation,evaluation']) {
      expect(() => workWith({ stage })).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          field: 'stage',
          message: expect.stringContaining('own'),
        }),
      )
    }
  })

  it.each([
    ['evaluations and events', { stage: 'evaluation', subscribe: 'a.b' }, 'subscribe', 'contradict'],
    ['stages and events', { stage: 'encoder', subscribe: 'a.b', exec: 'true' }, 'subscribe', 'contradict'],
    ['stages and a command', { stage: 'encoder', exec: 'true' }, 'exec', 'contradict'],
    ['a command without types', { exec: 'true' }, 'exec', '--subscribe'],
    ['types without a handler', { subscribe: 'a.b' }, 'subscribe', '--handler'],
    ['two handlers', { subscribe: 'a.b', exec: 'true', handler: './h.ts' }, 'exec', 'contradict'],
  ])('is not %s', (_what, flags, field, said) => {
    expect(() => workWith(flags)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        kind: 'usage',
        field,
        message: expect.stringContaining(said),
      }),
    )
  })

  it.each(['', 'localhost:8004', 'http://a, http://b', 'http://a,'])(
    'has not the executors %j',
    (executorUrls) => {
      expect(() => workWith({ stage: 'evaluation', executorUrls })).toThrow(/--executor-urls/)
    },
  )

  it.each(['a.b,', 'a.b, c.d', ''])('is not the types %j', (subscribe) => {
    expect(() => workWith({ subscribe, exec: 'true' })).toThrow(/--subscribe/)
  })
})
