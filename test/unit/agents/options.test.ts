import { describe, expect, it } from 'vitest'
import { options } from '../../../src/runtime/agents/options.ts'
import { resolveConfig } from '../../../src/runtime/kernel/index.ts'

describe('the settings of agents', () => {
  const resolved = (env: Record<string, string>) =>
    resolveConfig(options, { flags: {}, env, file: {}, running: {} }).values

  it('are not those that workers and processors of events have, which may be larger', () => {
    const others = { AGENTCTL_EVENT_BATCH: '5000', AGENTCTL_CONCURRENCY: '10000' }
    expect(resolved(others)).toMatchObject({ batch: 500, concurrency: 4 })
  })

  it('come from variables of their own', () => {
    const own = { AGENTCTL_AGENTS_BATCH: '20', AGENTCTL_AGENTS_CONCURRENCY: '2' }
    expect(resolved(own)).toMatchObject({ batch: 20, concurrency: 2 })
  })
})
