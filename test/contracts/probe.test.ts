import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFamilies, toExpression } from '../../src/runtime/dashboard/sampling/families.ts'
import type { RedisClient } from '../../src/runtime/platform/redis/index.ts'
import { probes } from '../../src/runtime/probes.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

/** The full names of all histograms that the program keeps, as `createMetrics` makes them. */
function histograms(): Set<string> {
  const folder = fileURLToPath(new URL('../../src/runtime/', import.meta.url))
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const names = files.flatMap((file) =>
    [...readFileSync(`${folder}${file}`, 'utf8').matchAll(/\.histogram\(\s*'([a-z_]+)'/g)].map(
      ([, name = '']) => name,
    ),
  )
  return new Set(names.map((name) => (/^(events?|api_gateway)_/.test(name) ? name : `agentctl_${name}`)))
}

/** Of sizes, not of time. */
const isOfTime = (metric: string) => metric.endsWith('_seconds')

describe('the probes of the house', () => {
  it('have names of their own, and streams, queues, pools and metrics belong to one of them only', () => {
    const names = probes.map(({ name }) => name)
    const patterns = probes.flatMap(({ streams = [] }) => streams.map(({ pattern }) => pattern))
    const metrics = probes.flatMap(({ latencies = [] }) => latencies.map(({ metric }) => metric))
    const pools = probes.flatMap((probe) => probe.pools ?? [])
    for (const list of [names, patterns, metrics, pools]) expect(list).toEqual([...new Set(list)])
    expect(names.every((name) => /^[a-z][a-z-]*$/.test(name))).toBe(true)
  })

  it('leave out no time that is measured', () => {
    const shown = probes.flatMap(({ latencies = [] }) => latencies.map(({ metric }) => metric))
    expect(shown.toSorted()).toEqual([...histograms()].filter(isOfTime).toSorted())
  })
})

describe.each(probes.map((probe) => [probe.name, probe] as const))('the probe %s', (_, probe) => {
  let server: TestRedis
  let redis: RedisClient

  beforeAll(async () => {
    server = await startTestRedis()
    redis = server.connect('request')
  })
  afterAll(() => server.close())

  it('names queues of an empty Redis, and changes nothing', async () => {
    const queues = (await probe.queues?.(redis)) ?? []
    const keys = queues.map(({ prefix, queue }) => `${prefix}:${queue}`)
    expect(keys).toEqual([...new Set(keys)])
    for (const { name, prefix, queue } of queues) {
      expect(name).toMatch(/^\S(.*\S)?$/)
      expect([prefix, queue].every((part) => part !== '' && !part.endsWith(':'))).toBe(true)
    }
    expect(await redis.dbsize()).toBe(0)
  })

  it('has streams of a kind, and finds those of a registry where their pattern says', () => {
    for (const { kind, pattern, registry, keyOf } of probe.streams ?? []) {
      expect(kind).not.toBe('')
      if (registry === undefined) continue
      for (const cluster of [false, true]) {
        const key = keyOf?.('some.type', cluster) ?? 'some.type'
        expect(toExpression(pattern).test(key)).toBe(true)
        expect(createFamilies(probes, cluster).kindOf(key)).toBe(kind)
      }
    }
  })

  it('leaves out of a latency only what one of its labels can say', () => {
    for (const { kind, labels, except = {} } of probe.latencies ?? []) {
      expect(kind).not.toBe('')
      expect(labels).toEqual([...new Set(labels)])
      for (const label of Object.keys(except)) expect(labels).toContain(label)
    }
  })
})
