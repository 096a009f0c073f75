import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { isSecretName, maskText, secretValues } from '../../../src/runtime/doctor/bundle/mask.ts'
import { createArchive } from '../../../src/runtime/doctor/bundle/ustar.ts'
import { databaseSettings, redisSettings } from '../../../src/runtime/kernel/index.ts'

describe('an archive', () => {
  it('is one that tar reads, byte for byte', () => {
    const folder = mkdtempSync(join(tmpdir(), 'agentctl-tar-'))
    try {
      const files = [
        { path: 'a/empty.txt', text: '' },
        { path: 'a/block.txt', text: 'x'.repeat(512) },
        { path: 'a/b/wide.json', text: '{"é":"日本"}\n' },
        { path: 'a/long.txt', text: 'y'.repeat(100_001) },
      ]
      const file = join(folder, 'x.tar.gz')
      writeFileSync(file, gzipSync(createArchive(files, 1_700_000_000.9)))
      const list = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' })
      expect(list.trim().split('\n')).toEqual(files.map(({ path }) => path))
      execFileSync('tar', ['-xzf', file, '-C', folder])
      for (const { path, text } of files) expect(readFileSync(join(folder, path), 'utf8')).toBe(text)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('refuses names that do not fit', () => {
    expect(() => createArchive([{ path: 'x'.repeat(101), text: '' }], 0)).toThrow(RangeError)
  })
})

describe('masking', () => {
  it.each([
    'API_PASSWORD',
    'OPENAI_API_KEY',
    'GITHUB_TOKEN',
    'MY_SECRET',
    'PGPASSWORD',
    'AGENTCTL_CONFIG_KEY',
  ])('knows %s as the name of a secret', (name) => {
    expect(isSecretName(name)).toBe(true)
  })

  it('knows the values of secrets from the environment and the project file', () => {
    const schemas = [z.object({ ...redisSettings, ...databaseSettings })]
    const env = {
      REDIS_URL: 'redis://u:p%40ssword@h:1',
      OPENAI_API_KEY: 'key-one-1,key-two-2',
      DB_PASSWORD: 'database-pw',
      HOME: '/home/somebody',
      API_TOKEN: 'short',
      PWD: '/home/somebody',
      HTTP_PROXY: 'http://me:proxy-pw@proxy:3128',
      MY_SECRET: 'sla/sh "quoted"',
    }
    const secrets = secretValues(env, schemas, [
      { dbPassword: 'from-file', redisHost: 'no-secret' },
      { gatewayUrl: 'http://me:of-a-context@h', databaseUrl: 'postgres://u@h/d?password=in-query&x=1' },
    ])
    expect(secrets).toEqual(
      expect.arrayContaining([
        'p%40ssword',
        'p@ssword',
        'key-one-1',
        'key-two-2',
        'database-pw',
        'from-file',
        'proxy-pw',
        'of-a-context',
        'in-query',
        'sla%2Fsh%20%22quoted%22',
        'sla/sh \\"quoted\\"',
      ]),
    )
    expect(secrets).not.toContain('/home/somebody')
    expect(secrets).not.toContain('no-secret')
    expect(secrets).not.toContain('short')
    expect(secrets).not.toContain('redis://u:p%40ssword@h:1')
    expect(maskText('login p@ssword at /home/somebody', secrets)).toBe('login *** at /home/somebody')
  })

  it.each([
    ['redis://user:hidden@host:6379/0', 'redis://user:***@host:6379/0'],
    ['at postgres://:hidden@h/d and rediss://a:hidden@h', 'at postgres://:***@h/d and rediss://a:***@h'],
    ['Authorization: Bearer hiddenhidden', 'Authorization: Bearer ***'],
    ['key sk-proj-hiddenhidden.', 'key ***.'],
    ['?user=a&api_key=hidden&x=1', '?user=a&api_key=***&x=1'],
    ['{"apiPassword": "hid\\"den","n":1}', '{"apiPassword": "***","n":1}'],
    ['"{\\"token\\":\\"hidden\\",\\"n\\":1}"', '"{\\"token\\":\\"***\\",\\"n\\":1}"'],
    ['PGPASSWORD=hidden psql', 'PGPASSWORD=*** psql'],
    ['password: hidden, user: me', 'password: ***, user: me'],
    ["{ password: 'hidden', n: 1 }", "{ password: '***', n: 1 }"],
    ['AWS_SECRET_ACCESS_KEY=hidden', 'AWS_SECRET_ACCESS_KEY=***'],
    ['curl -u me:hidden http://h', 'curl -u me:*** http://h'],
    ['ghp_hiddenhiddenhiddenhidden AKIAHIDDENHIDDEN1234', '*** ***'],
    ['eyJhbGciOiJI.eyJzdWIiOiIx.hidden', '***'],
  ])('hides what looks like a secret: %s', (text, masked) => {
    expect(maskText(text, [])).toBe(masked)
  })

  it.each([
    '{"port":8000,"name":"a"}',
    'http://127.0.0.1:8000/docs',
    'chat:pool:default',
    '"max_tokens": 100',
    'total_tokens: 33, tokens=4',
    "['a', 'b']",
  ])('leaves the rest: %s', (text) => {
    expect(maskText(text, [])).toBe(text)
  })

  it('keeps JSON readable', () => {
    const text = JSON.stringify({ redis: 'redis://u:hidden@h', token: 'a"b\\c', line: '{"secret":"x"}' })
    const masked = maskText(text, [])
    expect(JSON.parse(masked)).toEqual({ redis: 'redis://u:***@h', token: '***', line: '{"secret":"***"}' })
  })
})
