import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { resolveConfig, variablesOf } from '../../../src/runtime/kernel/index.ts'

const schema = z.object({
  token: z
    .string()
    .optional()
    .meta({ env: ['OWN_TOKEN', 'TOKEN'], secret: true }),
  place: z
    .string()
    .optional()
    .meta({ env: ['PLACE'] }),
})

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentctl-secrets-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

const read = (env: Record<string, string>) => resolveConfig(schema, { env })

it.each(['s3cret', 's3cret\n', 's3cret\r\n'])(
  'takes a secret from the file that NAME_FILE names: %j',
  (text) => {
    const { values, sources } = read({ TOKEN_FILE: file('token', text) })
    expect(values.token).toBe('s3cret')
    expect(sources.token).toEqual({ source: 'env', name: 'TOKEN_FILE' })
  },
)

it('only the newline at the end is no part of it', () => {
  expect(read({ TOKEN_FILE: file('spaces', ' a\nb \n\n') }).values.token).toBe(' a\nb \n')
})

it('the first name counts, with a file or without', () => {
  expect(read({ OWN_TOKEN: 'own', TOKEN_FILE: file('a', 'other') }).values.token).toBe('own')
  expect(read({ OWN_TOKEN_FILE: file('b', 'own'), TOKEN: 'other' }).values.token).toBe('own')
})

it('a flag comes before, and the file is not even looked for', () => {
  const layers = { flags: { token: 'flag' }, env: { TOKEN_FILE: '/nowhere' } }
  expect(resolveConfig(schema, layers).values.token).toBe('flag')
})

it('both are too many', () => {
  expect(() => read({ TOKEN: 'a', TOKEN_FILE: file('c', 'b') })).toThrow(/TOKEN_FILE: TOKEN is set, too/)
})

it('names the variable and the file when there is nothing to read, and never what is in it', () => {
  expect(() => read({ TOKEN_FILE: join(folder, 'none') })).toThrow(
    /TOKEN_FILE: .*none cannot be read: ENOENT/,
  )
  expect(() => read({ TOKEN_FILE: folder })).toThrow(/EISDIR/)
  expect(() => read({ TOKEN_FILE: file('empty', '\n') })).toThrow(/is empty/)
  expect(() => read({ TOKEN_FILE: file('long', 'x'.repeat(70_000)) })).toThrow(/too long/)
  expect(() => read({ TOKEN_FILE: '/dev/zero' })).toThrow(/too long/)
  const longest = 'x'.repeat(65_536)
  expect(read({ TOKEN_FILE: file('longest', `${longest}\r\n`) }).values.token).toBe(longest)
})

it('what is no secret has no such variable', () => {
  expect(read({ PLACE_FILE: file('place', 'here') }).values.place).toBeUndefined()
  expect(variablesOf({ env: ['PLACE'] })).toEqual(['PLACE'])
  expect(variablesOf({ env: ['TOKEN'], secret: true })).toEqual(['TOKEN', 'TOKEN_FILE'])
})
