import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Examination } from '../../src/runtime/doctor/index.ts'
import type { RedisClient } from '../../src/runtime/platform/redis/index.ts'
import { agentctl, startServe, type TestServe, workplace } from '../support/program.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

describe('agentctl doctor', () => {
  const place = workplace()
  let server: TestRedis
  let redis: RedisClient

  beforeAll(async () => {
    server = await startTestRedis()
    redis = server.connect()
  })
  afterAll(async () => {
    await server.close()
    place.remove()
  })

  const run = (...args: string[]) => agentctl(place, 'doctor', ...args)

  it('says what is wrong with a Redis, with a fix, and fails only for errors', async () => {
    const flags = ['--redis-url', server.url, '--only', 'redis', '--only', 'streams']
    const warned = await run(...flags)
    expect(warned.exitCode).toBe(0)
    expect(warned.stdout).toContain('! Redis writes no append-only file')
    expect(warned.stdout).toMatch(/Fix: .*appendonly yes/)
    expect(warned.stdout).not.toContain('✓ Redis answers')
    expect((await run(...flags, '--verbose')).stdout).toContain('✓ Redis answers')
    await redis.xadd('agent:stream:task.created', '*', 'data', '{}')
    await redis.xgroup('CREATE', 'agent:stream:task.created', 'agent-group', '0')
    const failed = await run(...flags, '--json')
    expect(failed.exitCode).toBe(1)
    const examination = JSON.parse(failed.stdout) as Examination
    expect(examination.counts.error).toBe(1)
    expect(examination.findings.find(({ level }) => level === 'error')).toMatchObject({
      area: 'streams',
      what: 'NO CONSUMERS: agent:stream:task.created agent-group (1 unread, 0 pending)',
    })
  })

  it('goes on where there is no Redis, and where nothing can be read', async () => {
    const away = await run(
      '--redis-url',
      'redis://:hidden@127.0.0.1:1',
      '--only',
      'redis',
      '--only',
      'machine',
    )
    expect(away.exitCode).toBe(1)
    expect(away.stdout).toContain('✗ Redis cannot be reached')
    expect(away.stdout).toContain('machine')
    expect(away.stdout + away.stderr).not.toContain('hidden')
    place.env.REDIS_PORT = 'abc'
    const broken = await run('--only', 'settings')
    delete place.env.REDIS_PORT
    expect([broken.exitCode, broken.stderr]).toEqual([1, ''])
    expect(broken.stdout).toContain('REDIS_PORT')
  })

  it('refuses an area that there is not', async () => {
    const { exitCode, stderr } = await run('--only', 'moon')
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('moon')])
  })
})

describe('agentctl doctor, beside a serve', () => {
  const place = workplace()
  let serve: TestServe
  beforeAll(async () => {
    serve = await startServe(place, '--ephemeral')
  })
  afterAll(async () => {
    await serve.stop()
    place.remove()
  })

  it('finds its replicas, its Redis and its ports by itself', async () => {
    const { stdout } = await agentctl(place, 'doctor', '--json', '--only', 'serve', '--only', 'redis')
    const { findings } = JSON.parse(stdout) as Examination
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'serve',
        level: 'ok',
        what: expect.stringContaining('replicas are ready'),
      }),
    )
    expect(findings.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('makes a bundle that tar reads, with the logs of each replica, and no secrets', async () => {
    place.env.AGENTCTL_LLM_API_KEY = 'very-secret-key'
    const { stderr, exitCode } = await agentctl(
      place,
      'doctor',
      '--only',
      'serve',
      '--bundle',
      'report.tar.gz',
    )
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining(join(place.dir, 'report.tar.gz'))])
    const file = join(place.dir, 'report.tar.gz')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const list = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).split('\n')
    for (const name of [
      'README.txt',
      'findings.json',
      'settings.json',
      'serve/status.json',
      'redis/info.txt',
    ])
      expect(list).toContain(`agentctl-bundle/${name}`)
    expect(list).toContain('agentctl-bundle/serve/logs/worker-1.log')
    const all = execFileSync('tar', ['-xzOf', file], { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 })
    expect(all).toContain('worker is ready')
    expect(all).not.toContain('very-secret-key')
  })

  it('shows what was logged, and leaves', async () => {
    const { stdout, exitCode } = await agentctl(place, 'logs', 'worker', '-n', '5', '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({
      replica: expect.stringMatching(/^worker-/),
    })
  })

  it('follows the logs of one role with tail logs, as logs -f does', async () => {
    const tail = agentctl(place, 'tail', 'logs', 'worker', '-n', '5', '--json')
    const [line] = await once(createInterface({ input: tail.stdout }), 'line')
    expect(JSON.parse(line)).toMatchObject({ replica: expect.stringMatching(/^worker-/) })
    // It has shown what there was, and stays.
    tail.kill('SIGINT')
    expect((await tail).exitCode).toBe(130)
  })

  it('does not wait for a serve that hangs, and writes the bundle all the same', async () => {
    process.kill(serve.status.pid, 'SIGSTOP')
    try {
      const { stdout, exitCode } = await agentctl(
        place,
        ...['doctor', '--only', 'serve', '--only', 'ports', '--bundle', 'hung.tar.gz', '--json'],
      )
      const { findings } = JSON.parse(stdout) as Examination
      expect(exitCode).toBe(1)
      expect(findings).toContainEqual(expect.objectContaining({ check: 'serve', level: 'error' }))
      expect(findings.filter(({ area }) => area === 'ports').length).toBeGreaterThan(3)
    } finally {
      process.kill(serve.status.pid, 'SIGCONT')
    }
    const readme = ['-xzOf', join(place.dir, 'hung.tar.gz'), 'agentctl-bundle/README.txt']
    expect(execFileSync('tar', readme, { encoding: 'utf8' })).toMatch(/serve\/logs\/.*could not be read/)
  })
})
