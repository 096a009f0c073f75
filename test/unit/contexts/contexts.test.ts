import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contextRows, masked, plainSecrets } from '../../../src/cli/contexts/context-text.ts'
import { overridesOf } from '../../../src/cli/contexts/overrides.ts'
import { serveSettings } from '../../../src/cli/serve-settings.ts'
import { redisOnly } from '../../../src/cli/streams/stream-flags.ts'
import {
  chooseName,
  contextsPath,
  fillIn,
  isOpenToOthers,
  readContexts,
  withContext,
  withCurrent,
  withoutContext,
  writeContexts,
} from '../../../src/runtime/contexts/index.ts'
import { roles } from '../../../src/runtime/roles.ts'
import { currentContext, settingsOf } from '../../../src/runtime/settings.ts'

const REDIS = 'redis://prod:6379'
let folder: string
let before: NodeJS.ProcessEnv
let from: string

beforeEach(() => {
  before = { ...process.env }
  from = process.cwd()
  folder = mkdtempSync(join(tmpdir(), 'agentctl-contexts-'))
  process.chdir(folder)
  for (const name of ['AGENTCTL_CONTEXT', 'AGENTCTL_REDIS_URL', 'REDIS_URL', 'REDIS_HOST', 'REDIS_PORT'])
    delete process.env[name]
  process.env.XDG_CONFIG_HOME = folder
  process.env.AGENTCTL_STATE_DIR = join(folder, 'state')
})
afterEach(() => {
  process.chdir(from)
  process.env = before
  rmSync(folder, { recursive: true, force: true })
})

const keep = (name: string, values: Record<string, string>) =>
  writeContexts(withCurrent(withContext(readContexts(), name, values, true), name))

describe('the file of contexts', () => {
  it('is made for its owner alone, and read back as it was written', () => {
    expect(readContexts()).toEqual({ current: null, contexts: {} })
    keep('prod', { redisUrl: REDIS })
    expect(contextsPath()).toBe(join(folder, 'agentctl/contexts.json'))
    expect(statSync(contextsPath()).mode & 0o777).toBe(0o600)
    expect(isOpenToOthers()).toBe(false)
    expect(readContexts()).toEqual({ current: 'prod', contexts: { prod: { redisUrl: REDIS } } })
  })

  it.each(['{', '[]', '{"contexts":{"a":{"redis":"x"}}}', '{"contexts":{"local":{}}}', '{"curent":"a"}'])(
    'is refused, and named, when it holds %s',
    (text) => {
      writeContexts({ current: null, contexts: {} })
      writeFileSync(contextsPath(), text)
      expect(() => readContexts()).toThrow(
        expect.objectContaining({
          code: 'CONTEXT_FILE_INVALID',
          message: expect.stringContaining(contextsPath()),
        }),
      )
    },
  )

  it('loses nothing that several processes change at the same time, nor waits for one that has died', async () => {
    const door = new URL('../../../src/runtime/contexts/file.ts', import.meta.url).href
    const script = `const { changeContexts } = await import(${JSON.stringify(door)})
      for (let i = 0; i < 20; i++) changeContexts((file) =>
        ({ ...file, contexts: { ...file.contexts, [process.argv[1] + i]: { redisUrl: 'redis://h' } } }))`
    mkdirSync(join(folder, 'agentctl'), { recursive: true })
    const lock = `${contextsPath()}.lock`
    writeFileSync(lock, '')
    utimesSync(lock, 0, 0)
    const add = (name: string) =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, '--', name])
    await Promise.all(['a', 'b', 'c'].map(add))
    expect(Object.keys(readContexts().contexts)).toHaveLength(60)
  })

  it('takes names that fit in a command line, and contexts that lead somewhere', () => {
    const empty = { current: null, contexts: {} }
    for (const name of ['local', '', '-x', 'a b', '../x', 'é', 'x'.repeat(65), '__proto__'])
      expect(() => withContext(empty, name, { redisUrl: REDIS }, false)).toThrow('')
    expect(() => withContext(empty, 'a', { llmApiKey: 'k' }, false)).toThrow('a would have no address')
    const one = withContext(empty, 'prod', { redisUrl: REDIS }, false)
    expect(() => withContext(one, 'prod', { redisUrl: 'redis://b' }, false)).toThrow('prod')
    expect(withContext(one, 'prod', { redisUrl: 'redis://b' }, true).contexts).toEqual({
      prod: { redisUrl: 'redis://b' },
    })
  })

  it('forgets which one is in use together with it, and knows what was nearly typed', () => {
    const file = withCurrent(
      withContext({ current: null, contexts: {} }, 'staging', { redisUrl: REDIS }, false),
      'staging',
    )
    expect(withCurrent(file, 'local').current).toBeNull()
    expect(withoutContext(file, 'staging')).toEqual({ current: null, contexts: {} })
    expect(() => withCurrent(file, 'stagign')).toThrow('stagign; did you mean staging?')
    expect(() => withoutContext(file, 'toString')).toThrow('toString')
  })
})

describe('the context in use', () => {
  it.each([
    [{ flag: 'a', env: 'b', project: 'c', current: 'd' }, 'a'],
    [{ env: 'b', project: 'c', current: 'd' }, 'b'],
    [{ env: '', project: 'c', current: 'd' }, 'c'],
    [{ current: 'd' }, 'd'],
    [{ flag: 'local', env: 'b', current: 'd' }, undefined],
    [{ env: 'local', current: 'd' }, undefined],
    [{ current: null }, undefined],
  ])('of %j is %s', (choices, name) => {
    expect(chooseName(choices)?.name).toBe(name)
  })

  it('gives settings that nothing stronger gives, and says where they are from', () => {
    keep('prod', { redisUrl: REDIS })
    const { values, sources } = settingsOf(redisOnly, {})
    expect(values).toMatchObject({ redisUrl: REDIS, context: 'prod' })
    expect(sources.redisUrl).toEqual({ source: 'context', name: 'prod' })
    expect(currentContext()).toEqual({ name: 'prod', by: '`agentctl context use`' })
    expect(currentContext({ context: 'local' })).toEqual({ name: null, by: null })
    process.env.REDIS_URL = 'redis://env'
    expect(settingsOf(redisOnly, {}).values.redisUrl).toBe('redis://env')
    expect(settingsOf(redisOnly, { redisUrl: 'redis://flag' }).values.redisUrl).toBe('redis://flag')
    expect(settingsOf(redisOnly, { context: 'prod' }).values.redisUrl).toBe(REDIS)
    expect(settingsOf(redisOnly, { context: 'prod', redisUrl: 'redis://flag' }).values.redisUrl).toBe(
      'redis://flag',
    )
  })

  it('is weaker than a host in the environment or the project file, and the project may name it', () => {
    keep('prod', { redisUrl: REDIS })
    process.env.REDIS_HOST = 'elsewhere'
    expect(settingsOf(redisOnly, {}).values).toMatchObject({ redisHost: 'elsewhere' })
    expect(settingsOf(redisOnly, {}).values.redisUrl).toBeUndefined()
    expect(settingsOf(redisOnly, { context: 'prod' }).values.redisUrl).toBe(REDIS)
    expect(settingsOf(redisOnly, { context: 'prod', redisHost: 'h' }).values.redisUrl).toBeUndefined()
    delete process.env.REDIS_HOST
    keep('test', { redisUrl: 'redis://test' })
    writeFileSync('agentctl.json', '{"context":"prod"}')
    expect(settingsOf(redisOnly, {}).values.redisUrl).toBe(REDIS)
    writeFileSync('agentctl.json', '{"context":"local"}')
    expect(settingsOf(redisOnly, {}).values.redisUrl).toBeUndefined()
  })

  it('never falls back to what happens to be at the usual address', () => {
    keep('prod', { gatewayUrl: 'http://prod:8000' })
    expect(() => settingsOf(redisOnly, {})).toThrow(
      expect.objectContaining({ code: 'CONTEXT_INCOMPLETE', message: expect.stringContaining('redisUrl') }),
    )
    expect(settingsOf(redisOnly, {}, undefined, { lenient: true }).values.redisUrl).toBeUndefined()
    expect(settingsOf(redisOnly, { context: 'local' }).values.redisUrl).toBeUndefined()
  })

  it('is an error that names what chose it when it does not exist', () => {
    keep('prod', { redisUrl: REDIS })
    process.env.AGENTCTL_CONTEXT = 'prd'
    expect(() => settingsOf(redisOnly, {})).toThrow(
      expect.objectContaining({
        code: 'CONTEXT_UNKNOWN',
        message: 'prd, named by AGENTCTL_CONTEXT; did you mean prod?',
      }),
    )
  })

  it('cannot redirect roles or serve: they have no such setting', () => {
    keep('prod', { redisUrl: REDIS, databaseUrl: 'postgres://prod/x', gatewayUrl: 'http://prod' })
    for (const { options } of [...roles, { options: serveSettings }]) {
      expect(options.shape).not.toHaveProperty('context')
      const { sources } = settingsOf(options, {})
      expect(Object.values(sources).map(({ source }) => source)).not.toContain('context')
    }
  })
})

describe('secrets of contexts', () => {
  it('come from the environment where they are referred to', () => {
    const values = { redisUrl: 'redis://:\x24{PW}@prod', llmApiKey: '\x24{KEY}' }
    expect(fillIn('prod', values, { PW: 'a', KEY: 'b' })).toEqual({
      redisUrl: 'redis://:a@prod',
      llmApiKey: 'b',
    })
    expect(() => fillIn('prod', values, { PW: 'a', KEY: '' })).toThrow(
      'KEY, which "llmApiKey" of context prod refers to',
    )
  })

  it('are masked when shown, and known as secrets', () => {
    const values = { redisUrl: 'redis://u:secret@prod', apiPassword: 'secret', llmApiKey: '\x24{KEY}' }
    expect(masked(values)).toEqual({
      redisUrl: 'redis://u:***@prod',
      apiPassword: '***',
      llmApiKey: '\x24{KEY}',
    })
    expect(plainSecrets(values)).toEqual(['redis-url', 'api-password'])
    expect(JSON.stringify(contextRows({ current: null, contexts: { prod: values } }))).not.toContain('secret')
  })

  it('tells what comes before a context', () => {
    const said = overridesOf(redisOnly, { redisUrl: REDIS }, { REDIS_URL: 'redis://x' }, {})
    expect(said).toEqual([
      'REDIS_URL is set and comes before redis-url of the context, unless --context names it.',
    ])
    expect(overridesOf(redisOnly, { redisUrl: REDIS }, {}, { redisUrl: 'redis://x' })[0]).toContain(
      'agentctl.json',
    )
    expect(overridesOf(redisOnly, { redisUrl: REDIS }, {}, {})).toEqual([])
  })
})
