import { describe, expect, it } from 'vitest'
import { createMetrics, exposeChecks } from '../../../src/runtime/platform/metrics/index.ts'

function scene(checks: Record<string, () => Promise<unknown>>) {
  let now = 0
  const metrics = createMetrics()
  exposeChecks(metrics, checks, () => now)
  return {
    pass: (ms: number) => {
      now += ms
    },
    async up(dependency: string) {
      const line = new RegExp(`^agentctl_dependency_up\\{dependency="${dependency}"\\} (.*)$`, 'm')
      return line.exec(await metrics.text())?.[1]
    },
  }
}

describe('what a role tells of its dependencies', () => {
  it('is 1 for what answers, 0 for what does not, and for what it does without', async () => {
    const { up } = scene({
      redis: async () => 'PONG',
      database: () => Promise.reject(new Error('away')),
      cache: async () => ({ degraded: 'away' }),
    })
    expect([await up('redis'), await up('database'), await up('cache')]).toEqual(['1', '0', '0'])
  })

  it('holds for a moment, however often somebody asks', async () => {
    let asked = 0
    const { up, pass } = scene({
      redis: async () => {
        asked += 1
      },
    })
    await Promise.all([up('redis'), up('redis')])
    pass(4_999)
    await up('redis')
    expect(asked).toBe(1)
    pass(1)
    await up('redis')
    expect(asked).toBe(2)
  })
})
