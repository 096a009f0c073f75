import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { roleFlags } from '../../../src/cli/role-command.ts'
import { kebab, resolveConfig } from '../../../src/runtime/kernel/index.ts'
import { roles } from '../../../src/runtime/roles.ts'

describe('the roles of the house', () => {
  it('have names of their own', () => {
    const names = roles.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.every((name) => /^[a-z][a-z-]*$/.test(name))).toBe(true)
  })
})

describe.each(roles.map((role) => [role.name, role] as const))('the role %s', (name, role) => {
  const fields = Object.entries(role.options.shape) as [string, z.ZodType][]

  it('says what it does, and shows how', () => {
    expect(role.summary).toMatch(/^\p{Lu}.+[^.]$/u)
    expect(role.examples.length).toBeGreaterThan(0)
    for (const example of role.examples) expect(example).toContain(`<%= config.bin %> ${name}`)
  })

  it.each(fields)('describes its option %s', (_key, field) => {
    expect(field.meta()?.description).toMatch(/^\S.+[^.]$/)
    expect(field.meta()?.env?.length).toBeGreaterThan(0)
  })

  it('starts with no option given', () => {
    expect(() => resolveConfig(role.options, {})).not.toThrow()
  })

  it('reads no environment variable into two options', () => {
    const variables = fields.flatMap(([, field]) => field.meta()?.env ?? [])
    expect(variables.filter((variable, i) => variables.indexOf(variable) !== i)).toEqual([])
  })

  it('has a flag for each option and for the number of replicas', () => {
    expect(Object.keys(roleFlags(role)).toSorted()).toEqual(
      [...fields.map(([key]) => kebab(key)), 'replicas'].toSorted(),
    )
  })

  it('has a port to listen on exactly when it listens', () => {
    expect('port' in role.options.shape).toBe(role.listens)
  })
})
