import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import { agentctl, allGone, eventually, startServe, type TestServe, workplace } from '../support/program.ts'
import { createScene } from '../support/scene.ts'
import { readStream } from '../support/sse.ts'

const scene = createScene()
const start = (...args: string[]) => scene.serve(['--ephemeral', ...args])

describe('agentctl serve', () => {
  it('runs Redis, a gateway and two workers, and says where everything is', async () => {
    const { status } = await start()
    expect(status.replicas.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'redis-1 ready',
      'gateway-1 ready',
      'worker-1 ready',
      'worker-2 ready',
    ])
    expect(status.data).toBe('ephemeral')
    expect(status.urls).toEqual({ gateway: scene.running?.url, redis: scene.running?.redisUrl })
  })

  it('refuses to share its state folder, and names who has it', async () => {
    await start()
    const { exitCode, stderr } = await agentctl(scene.place, 'serve', '--port', '0')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('SERVE_RUNNING')
    expect(stderr).toContain(String(scene.running?.child.pid))
  })

  it('says which port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((listening) => server.once('listening', listening))
    const { port } = server.address() as { port: number }
    const { exitCode, stderr } = await agentctl(scene.place, 'serve', '--port', String(port))
    server.close()
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`port ${port}`)
    expect(stderr).toContain('--port')
  })

  it.each([
    ['an unknown role', ['--roles', 'gatway=1'], 'gatway'],
    ['a bad amount', ['--roles', 'worker=many'], 'worker=many'],
    ['a bad duration', ['--drain-timeout', 'soon'], 'drain-timeout'],
    ['a bad port', ['--port', '99999'], '--port'],
    ['a bad Redis URL', ['--redis-url', 'http://x'], 'REDIS_URL_INVALID'],
    ['an unknown flag', ['--prot', '1'], '--prot'],
  ])('refuses %s with exit code 2', async (_what, args, named) => {
    const { exitCode, stderr } = await agentctl(scene.place, 'serve', ...args)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(named)
  })

  it('uses the Redis that REDIS_URL names, and starts none of its own', async () => {
    const other = await start()
    const second = workplace()
    second.env.REDIS_URL = other.redisUrl
    const guest = await startServe(second)
    expect(guest.status.replicas.map(({ role }) => role)).not.toContain('redis')
    expect(guest.status.data).toBe('external')
    expect((await readStream(guest.url, { chat: 'guest' })).done).toBe(true)
    await guest.stop()
    second.remove()
  })

  it('finds its state folder in the project file, and so do the other commands', async () => {
    const { place } = scene
    place.env.AGENTCTL_STATE_DIR = undefined
    writeFileSync(join(place.dir, 'agentctl.json'), '{"stateDir":"elsewhere"}')
    const started = await agentctl(place, 'serve', '-d', '--ephemeral', '--port', '0', '--json')
    expect(started.exitCode).toBe(0)
    const chat = await agentctl(place, 'chat', 'test', 'found')
    expect(chat.stdout.split('\n')).toHaveLength(20)
    expect((await agentctl(place, 'down')).exitCode).toBe(0)
  })

  it('goes on in the background with --detach until `down`', async () => {
    const started = await agentctl(scene.place, 'serve', '--detach', '--ephemeral', '--port', '0', '--json')
    expect(started.exitCode).toBe(0)
    const status = JSON.parse(started.stdout) as TestServe['status']
    expect((await readStream(status.urls.gateway ?? '', { chat: 'detached' })).done).toBe(true)
    const down = await agentctl(scene.place, 'down')
    expect(down.exitCode).toBe(0)
    await allGone([status.pid, ...status.replicas.map(({ pid }) => pid ?? 0)], 1_000)
  })

  it('detached says why it did not become ready', async () => {
    const { exitCode, stderr } = await agentctl(
      scene.place,
      'serve',
      '-d',
      '--ephemeral',
      '--port',
      '0',
      '--handler',
      'none.ts',
    )
    expect(exitCode).not.toBe(0)
    expect(stderr).toContain('none.ts')
  })
})

describe('ps, scale, restart, logs', () => {
  it('scale starts and stops replicas; every replica answers', async () => {
    const { ps } = await start()
    const up = await agentctl(scene.place, 'scale', 'worker=4')
    expect(up.exitCode).toBe(0)
    expect(
      (await ps()).replicas.filter(({ role, state }) => role === 'worker' && state === 'ready'),
    ).toHaveLength(4)
    await agentctl(scene.place, 'scale', 'worker=1')
    expect((await ps()).replicas.filter(({ role }) => role === 'worker').map(({ name }) => name)).toEqual([
      'worker-1',
    ])
    await agentctl(scene.place, 'scale', 'gateway=2')
    const gateways = (await ps()).replicas.filter(({ role }) => role === 'gateway')
    for (const { facts } of gateways)
      expect((await readStream(facts.url ?? '', { chat: 'any' })).done).toBe(true)
  })

  it('restart replaces one replica and leaves the others alone', async () => {
    const { ps, status } = await start()
    const pids = (replicas: TestServe['status']['replicas']) =>
      Object.fromEntries(replicas.map(({ name, pid }) => [name, pid]))
    const before = pids(status.replicas)
    const { exitCode } = await agentctl(scene.place, 'restart', 'worker/1')
    expect(exitCode).toBe(0)
    await eventually(async () => {
      const worker = (await ps()).replicas.find(({ name }) => name === 'worker-1')
      return worker?.state === 'ready' && worker.pid !== before['worker-1']
    })
    const after = pids((await ps()).replicas)
    expect({ ...after, 'worker-1': before['worker-1'] }).toEqual(before)
  })

  it('ten restarts at once never run a replica twice', async () => {
    const { ps } = await start()
    await Promise.all(Array.from({ length: 10 }, () => agentctl(scene.place, 'restart', 'gateway')))
    await eventually(async () => (await ps()).replicas.every(({ state }) => state === 'ready'))
    expect((await readStream(scene.running?.url ?? '', { chat: 'after' })).done).toBe(true)
  })

  it('a replica that keeps crashing is shown with its last exit', async () => {
    const { ps, status } = await start()
    const worker = status.replicas.find(({ name }) => name === 'worker-1')
    process.kill(worker?.pid ?? 0, 'SIGKILL')
    await eventually(async () =>
      (await ps()).replicas.some(({ restarts, state }) => restarts === 1 && state === 'ready'),
    )
    const replica = (await ps()).replicas.find(({ name }) => name === 'worker-1')
    expect(replica?.last_exit).toEqual({ code: null, signal: 'SIGKILL' })
  })

  it('logs shows one replica or all, and follows', async () => {
    await start()
    const all = await agentctl(scene.place, 'logs', '--json')
    const replicas = new Set(
      all.stdout.split('\n').map((line) => (JSON.parse(line) as { replica: string }).replica),
    )
    expect([...replicas].sort()).toEqual(['gateway-1', 'worker-1', 'worker-2'])
    const one = await agentctl(scene.place, 'logs', 'worker/2', '-n', '1')
    expect(one.stdout).toMatch(/^worker-2 .*worker is ready/)
    const following = agentctl(scene.place, 'logs', '-f', '-n', '0')
    let seen = ''
    following.stdout.on('data', (chunk: Buffer) => {
      seen += chunk
    })
    await eventually(async () => {
      await agentctl(scene.place, 'restart', 'worker/1')
      return seen.includes('worker-1')
    })
    following.kill('SIGINT')
    expect((await following).exitCode).toBe(130)
  })

  it('say what is wrong: nothing running, unknown targets', async () => {
    const ps = await agentctl(scene.place, 'ps')
    expect([ps.exitCode, ps.stderr]).toEqual([69, expect.stringContaining('SERVE_NOT_RUNNING')])
    const json = await agentctl(scene.place, 'ps', '--json')
    expect([json.exitCode, JSON.parse(json.stdout)]).toMatchObject([
      69,
      { error: { code: 'SERVE_NOT_RUNNING' } },
    ])
    await start()
    const scale = await agentctl(scene.place, 'scale', 'nothing=2')
    expect([scale.exitCode, scale.stderr]).toEqual([2, expect.stringContaining('nothing')])
    const restart = await agentctl(scene.place, 'restart', 'worker/9')
    expect([restart.exitCode, restart.stderr]).toEqual([3, expect.stringContaining('worker/9')])
  })
})

describe('agentctl worker --replicas', () => {
  it('ends at the first signal although no replica has become ready', async () => {
    const workers = agentctl(scene.place, 'worker', '--replicas', '2', '--redis-url', 'redis://127.0.0.1:1')
    let log = ''
    workers.stderr.on('data', (chunk: Buffer) => {
      log += chunk
    })
    await eventually(() => log.includes('Redis is away'))
    workers.kill('SIGTERM')
    expect((await workers).exitCode).toBe(0)
  })

  it('runs several workers and ends them all', async () => {
    const { redisUrl } = await start('--roles', 'gateway')
    const workers = agentctl(scene.place, 'worker', '--replicas', '3', '--redis-url', redisUrl)
    let log = ''
    workers.stderr.on('data', (chunk: Buffer) => {
      log += chunk
    })
    await eventually(() => (log.match(/worker is ready/g) ?? []).length === 3)
    const names = new Set<unknown>()
    // Who is quick takes more: one of them may once be left with nothing.
    for (let round = 0; round < 5 && names.size < 3; round++) {
      const chats = Array.from({ length: 40 }, (_, i) =>
        readStream(scene.running?.url ?? '', { chat: `many-${round}-${i}` }),
      )
      for (const { messages } of await Promise.all(chats)) names.add(messages[0]?.container_id)
    }
    expect([...names].sort()).toEqual(['worker-1', 'worker-2', 'worker-3'])
    workers.kill('SIGTERM')
    expect((await workers).exitCode).toBe(0)
  })
})

describe('agentctl gateway --replicas', () => {
  it('has its first replica on the port that was asked for', async () => {
    const { redisUrl } = await start('--roles', 'worker')
    const port = await freePort()
    const gateways = agentctl(
      scene.place,
      'gateway',
      '-n',
      '2',
      '--port',
      String(port),
      '--redis-url',
      redisUrl,
    )
    let log = ''
    gateways.stderr.on('data', (chunk: Buffer) => {
      log += chunk
    })
    await eventually(() => (log.match(/gateway is ready/g) ?? []).length === 2)
    expect((await readStream(`http://127.0.0.1:${port}`, { chat: 'any' })).done).toBe(true)
    gateways.kill('SIGTERM')
    expect((await gateways).exitCode).toBe(0)
  })
})
