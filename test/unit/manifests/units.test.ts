import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { kebab } from '../../../src/runtime/kernel/index.ts'
import { units } from '../../../src/runtime/manifests/index.ts'
import { roles } from '../../../src/runtime/roles.ts'

/** Read by every role beside its own settings. */
const EVERYWHERE = /^OTEL_/

const page = readFileSync(new URL('../../../docs/deployment.md', import.meta.url), 'utf8')

/** Every unit may have as many MiB as the whole path of a program, with Redis (100) and PostgreSQL (200). */
const BUDGET = 950

describe.each(units)('unit $name', (unit) => {
  const role = roles.find(({ name }) => name === unit.role)

  it('is one of the roles, with settings that it knows', () => {
    const known = Object.values(role?.options.shape ?? {}).flatMap(
      (field) => (field as z.ZodType).meta()?.env ?? [],
    )
    const unknown = unit.variables.filter(({ name }) => !known.includes(name) && !EVERYWHERE.test(name))
    expect(unknown).toEqual([])
    const flags = unit.args.filter((argument) => argument.startsWith('--'))
    for (const flag of flags)
      expect(Object.keys(role?.options.shape ?? {}).map(kebab)).toContain(flag.slice(2))
  })

  it('is told each thing once', () => {
    const names = unit.variables.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it('has an address of its own wherever it serves', () => {
    expect(unit.name).toMatch(/^[a-z]([a-z0-9-]{0,40}[a-z0-9])?$/)
    if (role?.listens) expect(unit.port).toBe(unit.healthPort)
    if (unit.published) expect(unit.port).toBeDefined()
  })

  it('has the replicas and the memory that docs/deployment.md tells of', () => {
    const row = page.split('\n').find((line) => line.startsWith(`| ${unit.name} |`)) ?? ''
    const [, , replicas, , memory] = row.split('|').map((cell) => cell.trim())
    expect([replicas, memory]).toEqual([String(unit.replicas), `${unit.memory} MB`])
  })

  it('outlasts the drain timeout of its role', () => {
    const { drainTimeout } = (role?.options.parse({}) ?? {}) as { drainTimeout?: number }
    expect(unit.grace * 1_000).toBeGreaterThan(drainTimeout ?? 0)
  })
})

describe('all units', () => {
  it('have names that differ, and every role has one', () => {
    expect(new Set(units.map(({ name }) => name)).size).toBe(units.length)
    expect(new Set(units.map(({ role }) => role))).toEqual(new Set(roles.map(({ name }) => name)))
  })

  it('leave the socket of the engine to the proxy, and that to the executors', () => {
    expect(units.filter(({ engineSocket }) => engineSocket).map(({ name }) => name)).toEqual(['docker-proxy'])
    const beside = units.filter(({ networks }) => networks.includes('sandbox')).map(({ name }) => name)
    expect(beside.sort()).toEqual(['docker-proxy', 'executor'])
  })

  it('keep what runs programs away from all data', () => {
    for (const { name, networks, needs } of units) {
      if (networks.includes('sandbox')) expect({ name, networks, needs }).toMatchObject({ needs: [] })
      if (networks.includes('sandbox')) expect(networks).not.toContain('default')
    }
  })

  it('run programs within the memory that was promised', () => {
    const core = units.filter((unit) => unit.core).reduce((sum, unit) => sum + unit.memory * unit.replicas, 0)
    expect(core + 100 + 200).toBeLessThanOrEqual(BUDGET)
  })
})
