import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type Authority, createAuthority } from '../support/certificates.ts'
import { call } from '../support/events.ts'
import { agentctl, startServe, type TestServe, type Workplace, workplace } from '../support/program.ts'

let place: Workplace
let serve: TestServe | undefined
let authority: Authority | undefined

afterEach(async () => {
  await serve?.stop()
  serve = undefined
  place.remove()
})
afterAll(() => authority?.remove())

const withEnv = (env: Record<string, string | undefined>): Workplace => ({
  ...place,
  env: { ...place.env, ...env },
})

async function newKey(...args: string[]): Promise<{ key: string; id: string }> {
  const { stdout } = await agentctl(place, 'keys', 'create', ...args, '--json')
  return JSON.parse(stdout)
}

describe('API keys', () => {
  it('are made, shown, listed and revoked by commands, and let commands in', async () => {
    place = workplace()
    serve = await startServe(place, '--ephemeral', '--auth', 'keys')
    const chat = ['chat', 'test', 'chat-1']
    const refused = await agentctl(place, ...chat)
    expect(refused.exitCode).toBe(77)
    expect(refused.stderr).toContain('ACCESS_KEY_REQUIRED')

    const { key, id } = await newKey('me', '--scope', 'chat,events', '--rate', '100')
    const secret = join(place.dir, 'key')
    writeFileSync(secret, `${key}\n`)
    for (const env of [{ AGENTCTL_API_KEY: key }, { AGENTCTL_API_KEY_FILE: secret }]) {
      const { stdout, exitCode } = await agentctl(withEnv(env), ...chat, '--json')
      expect([exitCode, stdout.split('\n').length]).toEqual([0, 20])
    }
    const mine = withEnv({ AGENTCTL_API_KEY: key })
    const load = await agentctl(mine, 'loadtest', 'chat', '-n', '4', '-c', '2', '--json')
    expect(JSON.parse(load.stdout)).toMatchObject({ total: 4, succeeded: 4 })
    expect(load.stdout + load.stderr).not.toContain(key)
    const denied = await agentctl(mine, 'eval', 'ls', '--json')
    expect(JSON.parse(denied.stdout)).toMatchObject({ error: { code: 'ACCESS_DENIED', status: 403 } })
    expect(denied.exitCode).toBe(77)

    const listed = await agentctl(place, 'keys', 'ls', '--json')
    expect(JSON.parse(listed.stdout)).toMatchObject([
      {
        id,
        name: 'me',
        scopes: ['chat', 'events'],
        status: 'active',
        rate: 100,
        last_used: expect.any(String),
      },
    ])
    expect(listed.stdout).not.toContain(key.split('_')[2])
    expect((await agentctl(place, 'keys', 'ls')).stdout).toContain('100/s')

    const revoked = await agentctl(place, 'keys', 'revoke', id, '--json')
    expect(JSON.parse(revoked.stdout)).toMatchObject({ id, status: 'revoked' })
    await expect.poll(async () => (await agentctl(mine, ...chat)).exitCode).toBe(77)
    expect(JSON.parse((await agentctl(place, 'keys', 'ls', '--json')).stdout)).toMatchObject([
      { status: 'revoked' },
    ])
    const unknown = await agentctl(place, 'keys', 'revoke', key)
    expect(unknown.exitCode).toBe(3)
    expect(unknown.stderr).not.toContain(key)
  })

  it.each([
    [['x', '--scope', 'chat,everything'], '"everything" is no scope'],
    [['x', '--scope', 'chat', '--burst', '3'], '--burst is given without --rate'],
    [['\t', '--scope', 'chat'], 'is no name'],
    [['x', '--scope', ','], 'no scope is named'],
  ])('cannot be made as %j', async (args, why) => {
    place = workplace()
    const { exitCode, stderr } = await agentctl(place, 'keys', 'create', ...args)
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(why)])
  })
})

describe('a serve with secrets and TLS', () => {
  /** What must be seen nowhere. */
  const PLANTED = {
    OPENAI_API_KEY: 'planted-openai-9f3a7c',
    ANTHROPIC_API_KEY: 'planted-anthropic-5b1d',
    API_PASSWORD: 'planted-password-77aa',
    AGENTCTL_LLM_API_KEYS: 'planted-llm-key-31c0',
    AGENTCTL_EXECUTOR_TOKEN: 'planted-executor-8d2e',
    AGENTCTL_CONFIG_KEY: Buffer.alloc(32, 'planted!').toString('base64'),
  }

  it('keeps them from command lines, logs and what commands print, and speaks HTTPS to the outside', async () => {
    place = workplace()
    authority = createAuthority()
    const { cert, key } = authority.issue('gateway')
    // Some by files, as they are mounted in containers.
    const { OPENAI_API_KEY, AGENTCTL_EXECUTOR_TOKEN, ...plain } = PLANTED
    const folder = join(place.dir, 'secrets')
    mkdirSync(folder)
    const files = Object.entries({ OPENAI_API_KEY, AGENTCTL_EXECUTOR_TOKEN }).map(([name, value]) => {
      writeFileSync(join(folder, name), `${value}\n`)
      return [`${name}_FILE`, join(folder, name)]
    })
    Object.assign(place.env, plain, Object.fromEntries(files), {
      NODE_EXTRA_CA_CERTS: authority.ca,
      AGENTCTL_LLM_PROVIDER: 'mock',
    })
    const roles = 'gateway=1,worker=1,llm=1,executor=1,eval=1,storage=1'
    serve = await startServe(
      ...[
        place,
        '--roles',
        roles,
        '--auth',
        'keys',
        '--tls-cert',
        cert,
        '--tls-key',
        key,
        '--log-level',
        'debug',
      ],
    )
    expect(serve.url).toMatch(/^https:/)
    const { key: apiKey } = await newKey('me', '--scope', 'admin')
    const notice = JSON.parse(
      readFileSync(join(place.env.AGENTCTL_STATE_DIR as string, 'serve.json'), 'utf8'),
    )
    const { password } = new URL(notice.databaseUrl)
    expect(password.length).toBeGreaterThan(8)
    const secrets = [...Object.values(PLANTED), apiKey, password]
    const mine = withEnv({ AGENTCTL_API_KEY: apiKey })

    const { stdout, exitCode } = await agentctl(mine, 'chat', 'test', 'chat-1', '--json')
    expect([exitCode, stdout.split('\n').length]).toEqual([0, 20])
    const stranger = await agentctl(
      { ...mine, env: { ...mine.env, NODE_EXTRA_CA_CERTS: undefined } },
      'eval',
      'ls',
    )
    expect(stranger.exitCode).toBe(69)
    writeFileSync(join(place.dir, 'answer.py'), 'print(6 * 7)\n')
    const run = await agentctl(mine, 'eval', 'run', 'answer.py')
    expect([run.exitCode, run.stdout]).toEqual([0, '42'])
    // The certificate is for the outside: among themselves roles speak plainly, on this machine.
    expect(serve.status.urls.llm).toMatch(/^http:\/\/127\.0\.0\.1:/)
    expect((await call(serve.status.urls.llm as string, '/health')).status).toBe(200)

    const pids = serve.status.replicas.flatMap(({ pid }) => pid ?? [])
    for (const pid of [...pids, serve.child.pid as number, ...guardsOf(pids)]) {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      for (const secret of secrets) expect([pid, line.includes(secret)]).toEqual([pid, false])
    }
    const printed = await Promise.all(
      [
        ['config'],
        ['config', '--json'],
        ['ps', '--json'],
        ['doctor', '--json'],
        ['logs', '--tail', '1000'],
      ].map(async (args) => (await agentctl(mine, ...args)).stdout),
    )
    await serve.stop()
    const { stderr, stdout: said } = await serve.child
    expect(stderr).toContain('executor')
    const all = [stderr, said, ...printed, ...textsIn(place.env.AGENTCTL_STATE_DIR as string)].join('\n')
    for (const secret of secrets) expect(all.includes(secret) ? secret : '').toBe('')
    serve = undefined
  })
})

/** Processes between a serve and its programs. */
function guardsOf(pids: readonly number[]): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
        return pids.includes(parent)
      } catch {
        return false // it has ended
      }
    })
}

/** Logs and notices that a serve has left; what Redis itself stores is data. */
function textsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(log|json)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
}
