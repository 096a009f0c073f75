import { describe, expect, it } from 'vitest'
import { documentedMetrics } from '../../support/documented-metrics.ts'
import { registeredMetrics } from '../../support/registered-metrics.ts'

/** Names that other systems know; all others begin with the name of the product. */
const FIXED = /^(events?|api_gateway)_/

const registered = registeredMetrics()
  .map(({ name, ...rest }) => ({ name: FIXED.test(name) ? name : `agentctl_${name}`, ...rest }))
  .sort((a, b) => (a.name < b.name ? -1 : 1))

describe('docs/metrics.md', () => {
  it('has every metric of the source, with its type and labels, and no other', () => {
    const documented = documentedMetrics()
      .map(({ name, type, labels }) => ({ name, type, labels }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    expect(documented).toEqual(registered)
  })

  it('finds metrics at all, each once', () => {
    const names = registered.map(({ name }) => name)
    expect(names.length).toBeGreaterThan(60)
    expect(names).toEqual([...new Set(names)])
  })

  it('has counters that say so in their name, and times that say in what', () => {
    for (const { name, type } of registered) expect(name.endsWith('_total'), name).toBe(type === 'counter')
    for (const { name, type } of registered)
      if (type === 'histogram') expect(name).toMatch(/_(seconds|size)$/)
  })
})
