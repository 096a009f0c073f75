import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { kebab, maskUrl, readProjectFile, resolveConfig } from '../../../src/runtime/kernel/index.ts'

const schema = z.object({
  logLevel: z
    .enum(['info', 'debug'])
    .default('info')
    .meta({ env: ['FIRST_LEVEL', 'SECOND_LEVEL'] }),
  jobLimit: z.coerce
    .number()
    .int()
    .min(1)
    .default(10)
    .meta({ env: ['JOB_LIMIT'] }),
  note: z.string().optional(),
})

describe('resolveConfig', () => {
  it('falls back to the default', () => {
    const { values, sources } = resolveConfig(schema, {})
    expect(values).toEqual({ logLevel: 'info', jobLimit: 10 })
    expect(sources.jobLimit).toEqual({ source: 'default' })
  })

  it('prefers flag to environment to project file to running serve', () => {
    const layers = {
      flags: { jobLimit: '1' },
      env: { JOB_LIMIT: '2' },
      file: { jobLimit: 3 },
      running: { jobLimit: 4 },
    }
    const { flags: _, ...withoutFlags } = layers
    const { env: __, ...withoutEnv } = withoutFlags
    const { file: ___, ...runningOnly } = withoutEnv
    expect(resolveConfig(schema, layers).values.jobLimit).toBe(1)
    expect(resolveConfig(schema, withoutFlags).values.jobLimit).toBe(2)
    expect(resolveConfig(schema, withoutEnv).values.jobLimit).toBe(3)
    expect(resolveConfig(schema, runningOnly).values.jobLimit).toBe(4)
  })

  it('says where each value came from, with the name of the variable', () => {
    const { sources } = resolveConfig(schema, {
      flags: { note: 'x' },
      env: { JOB_LIMIT: '2' },
      file: { logLevel: 'debug' },
    })
    expect(sources).toEqual({
      note: { source: 'flag' },
      jobLimit: { source: 'env', name: 'JOB_LIMIT' },
      logLevel: { source: 'file' },
    })
  })

  it('takes the first of several variables that is set', () => {
    const level = (env: Record<string, string>) => resolveConfig(schema, { env }).values.logLevel
    expect(level({ FIRST_LEVEL: 'debug', SECOND_LEVEL: 'info' })).toBe('debug')
    expect(level({ SECOND_LEVEL: 'debug' })).toBe('debug')
  })

  it('treats an empty variable as not set', () => {
    const { values, sources } = resolveConfig(schema, { env: { JOB_LIMIT: '' }, file: { jobLimit: 7 } })
    expect(values.jobLimit).toBe(7)
    expect(sources.jobLimit).toEqual({ source: 'file' })
  })

  it('ignores what the schema does not know', () => {
    expect(resolveConfig(schema, { file: { unknown: 1 }, flags: { other: 2 } }).values).not.toHaveProperty(
      'unknown',
    )
  })

  it.each([
    ['the flag', { flags: { jobLimit: 'many' } }, /^--job-limit: /],
    ['the variable', { env: { JOB_LIMIT: 'many' } }, /^environment variable JOB_LIMIT: /],
    ['the key of the file', { file: { jobLimit: 'many' } }, /^"jobLimit" in agentctl\.json: /],
  ])('names %s at fault', (_what, layers, message) => {
    expect(() => resolveConfig(schema, layers)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(message),
        field: 'jobLimit',
        exitCode: 2,
      }),
    )
  })
})

describe('readProjectFile', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'agentctl-unit-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('is empty where there is no file', () => {
    expect(readProjectFile(folder)).toEqual({})
  })

  it('returns the object', () => {
    writeFileSync(join(folder, 'agentctl.json'), '{"port": 9000}')
    expect(readProjectFile(folder)).toEqual({ port: 9000 })
  })

  it.each(['', '{', '[]', 'null', '"text"', '3'])('refuses %j', (text) => {
    writeFileSync(join(folder, 'agentctl.json'), text)
    expect(() => readProjectFile(folder)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_FILE_INVALID',
        message: expect.stringContaining(join(folder, 'agentctl.json')),
      }),
    )
  })
})

describe('kebab', () => {
  it('makes flag names of setting names', () => {
    expect(kebab('redisUrl')).toBe('redis-url')
    expect(kebab('host')).toBe('host')
  })
})

describe('maskUrl', () => {
  it.each([
    ['redis://user:secret@host:6379/0', 'redis://user:***@host:6379/0'],
    ['redis://:secret@host', 'redis://:***@host'],
    ['rediss://user:se/c?r%40et@host', 'rediss://user:***@host'],
    ['redis+sentinel://u:p@a:1,b:2/main', 'redis+sentinel://u:***@a:1,b:2/main'],
    ['redis://u:p@ss@h', 'redis://u:***@h'],
    ['redis+sentinel://a:1/main?sentinel_password=s3cret', 'redis+sentinel://a:1/main?sentinel_password=***'],
    ['redis://host:6379', 'redis://host:6379'],
    ['redis://user@host', 'redis://user@host'],
    ['redis//:secret@host', '***@host'],
    ['u:s@cret@host:1', '***@host:1'],
    ['nonsense', 'nonsense'],
  ])('shows %s as %s', (url, shown) => {
    expect(maskUrl(url)).toBe(shown)
  })
})
