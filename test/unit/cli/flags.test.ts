import { Parser } from '@oclif/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { flagsOf, toValues } from '../../../src/cli/flags.ts'
import { duration } from '../../../src/runtime/kernel/index.ts'

const schema = z.object({
  redisUrl: z
    .string()
    .optional()
    .meta({ description: 'Redis to use', env: ['REDIS_URL'], placeholder: 'URL' }),
  jobTimeout: duration().prefault('90s').meta({ description: 'Longest time', char: 't' }),
  concurrency: z.coerce.number().default(10).meta({ description: 'Jobs at once' }),
  keep: z.boolean().default(true).meta({ description: 'Keep data' }),
})

describe('flagsOf', () => {
  const flags = flagsOf(schema)

  it('makes one flag of each setting', () => {
    expect(Object.keys(flags)).toEqual(['redis-url', 'job-timeout', 'concurrency', 'keep'])
  })

  it('tells default and environment in the description', () => {
    expect(flags['redis-url']?.description).toBe('Redis to use [env: REDIS_URL]')
    expect(flags['job-timeout']?.description).toBe('Longest time [default: 90s]')
    expect(flags.concurrency?.description).toBe('Jobs at once [default: 10]')
  })

  it('makes a switch that can be turned off of a boolean', () => {
    expect(flags.keep).toMatchObject({ type: 'boolean', allowNo: true })
  })

  it('passes the letter and the placeholder on', () => {
    expect(flags['job-timeout']).toMatchObject({ char: 't', helpValue: '<value>' })
    expect(flags['redis-url']).toMatchObject({ helpValue: '<url>' })
  })

  it('gives a flag no value of its own, so that it hides no other source', async () => {
    expect((await Parser.parse([], { flags })).flags).toEqual({})
    expect((await Parser.parse(['--no-keep', '-t', '5s'], { flags })).flags).toEqual({
      keep: false,
      'job-timeout': '5s',
    })
  })
})

describe('toValues', () => {
  it('puts flags under their setting names', () => {
    expect(toValues({ 'redis-url': 'x', host: 'y', 'a-b-c': 1 })).toEqual({
      redisUrl: 'x',
      host: 'y',
      aBC: 1,
    })
  })
})
