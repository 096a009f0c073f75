import { describe, expect, it } from 'vitest'
import { scalableOf } from '../../../src/runtime/autoscale/index.ts'
import { type WorkOptions, workloadOf } from '../../../src/runtime/autoscale/workloads.ts'
import { parts } from '../../../src/runtime/parts.ts'

const options: WorkOptions = {
  feature: 'default',
  concurrency: 10,
  group: 'agent-group',
  stageConcurrency: 64,
  evalConcurrency: 4,
  batch: 500,
}
const of = (name: string, more: Partial<WorkOptions> = {}, args?: string[]) => {
  const part = parts.find((one) => one.name === name)
  return part && workloadOf(args ? { ...part, args } : part, { ...options, ...more })
}

describe('where work waits', () => {
  it.each([
    ['worker', ['chat'], 10],
    ['rag', ['encoder', 'documents', 'retriever', 'generator'], 64],
    ['encoder', ['encoder', 'documents'], 64],
    ['generator', ['generator'], 64],
    ['eval', ['eval'], 4],
  ])('of %s is known by the names of its queues', (name, names, slots) => {
    expect(of(name)).toMatchObject({ kind: 'queues', names, slots })
  })

  it('of workers follows from what they are told', () => {
    expect(of('worker', { feature: 'vip' })).toMatchObject({ names: ['chat vip'] })
    expect(of('worker', { stage: 'evaluation' })).toMatchObject({ names: ['eval'] })
    expect(of('worker', { feature: 'a' }, ['--feature', 'b'])).toMatchObject({ names: ['chat b'] })
    expect(of('worker', {}, ['--feature=c d'])).toMatchObject({ names: ['chat c d'] })
    expect(of('worker', { subscribe: 'a.b,a.b,c', group: 'g' })).toEqual({
      ...{ kind: 'group', group: 'g', slots: 10 },
      streams: ['agent:stream:a.b', 'agent:stream:c'],
    })
  })

  it('is known for all parts that may scale by themselves, and for no others', () => {
    const known = parts.filter((part) => workloadOf(part, options) !== undefined).map(({ name }) => name)
    expect(known).toEqual(scalableOf(parts))
  })
})
