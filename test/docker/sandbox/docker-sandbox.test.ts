import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { evalContainer } from '../../../src/runtime/docker-proxy/index.ts'
import { createDockerClient, type DockerClient } from '../../../src/runtime/platform/containers/index.ts'
import { createDockerSandbox } from '../../../src/runtime/sandbox/docker/index.ts'
import { containerSpec, defaultLimits } from '../../../src/runtime/sandbox/docker/spec.ts'
import { type DockerScene, openDockerScene } from '../../support/docker-sandbox.ts'
import { engineHost } from '../../support/engine.ts'
import { silent } from '../../support/redis.ts'
import { runIn } from '../../support/sandbox-subject.ts'

const host = await engineHost()
const HELLO = 'print("hello")'
const limits = { wall_ms: 30_000 }

describe.skipIf(host === undefined)('docker sandbox', () => {
  let scene: DockerScene
  let owners = 0
  const owner = () => `sandbox-${process.pid}-${++owners}`
  beforeAll(async () => {
    scene = await openDockerScene(host as string)
  })
  afterAll(() => scene?.close())

  it('hands out containers that stand ready, and replaces them', async () => {
    const mine = owner()
    const sandbox = scene.open({ owner: mine, warm: { python: 2, node: 0 } })
    const standing = () => scene.standing(mine)
    await sandbox.probe()
    await expect.poll(standing, { timeout: 20_000 }).toHaveLength(2)
    const before = standing()
    const outcome = await runIn(sandbox, 'python', HELLO)
    expect(outcome).toMatchObject({ status: 'completed', stdout: 'hello\n' })
    const isFresh = () => {
      const now = standing()
      return now.length === 2 && now.filter((id) => !before.includes(id)).length === 1
    }
    await expect.poll(isFresh, { timeout: 20_000 }).toBe(true)
    await sandbox.close()
    expect(await scene.containersOf(mine)).toEqual([])
  })

  it('does without one when somebody has taken it away', async () => {
    const mine = owner()
    const sandbox = scene.open({ owner: mine, warm: { python: 1, node: 0 } })
    await sandbox.probe()
    await expect.poll(() => scene.standing(mine), { timeout: 20_000 }).toHaveLength(1)
    for (const id of scene.standing(mine)) await scene.docker.remove(id)
    const ran = () => runIn(sandbox, 'python', HELLO, { limits }).catch((error) => error)
    await expect.poll(ran, { timeout: 20_000 }).toMatchObject({ status: 'completed' })
    await sandbox.close()
  })

  it('takes the place of an attempt that a killed executor has left', async () => {
    const mine = owner()
    const spec = containerSpec('python', defaultLimits, {
      name: evalContainer('left', 2),
      image: 'agentctl-python',
      owner: 'another',
      evaluation: 'left',
      now: Date.now(),
      waits: 0,
    })
    const left = (await scene.docker.create(spec)) as { id: string }
    await scene.docker.start(left.id)
    const sandbox = scene.open({ owner: mine })
    const outcome = await runIn(sandbox, 'python', HELLO, { eval_id: 'left', attempt: 2, limits })
    expect(outcome).toMatchObject({ status: 'completed' })
    await sandbox.close()
    expect(await scene.left('another')).toBe(0)
  })

  it('removes what an earlier process of its name has left, and nothing else', async () => {
    const mine = owner()
    const earlier = scene.open({ owner: mine, warm: { python: 1, node: 1 } })
    const other = scene.open({ owner: owner(), warm: { python: 1, node: 0 } })
    const now = scene.open({ owner: mine, warm: { python: 1, node: 0 } })
    await Promise.all([earlier.probe(), other.probe(), now.probe()])
    await expect.poll(() => scene.standing(mine), { timeout: 20_000 }).toHaveLength(3)
    // What was made to look at the images goes behind the back of a probe.
    await expect.poll(() => scene.left(mine), { timeout: 20_000 }).toBe(3)
    expect(await now.reap()).toBe(2)
    expect(await now.reap()).toBe(0)
    expect(await scene.containersOf(mine)).toHaveLength(1)
    expect(await runIn(now, 'python', HELLO)).toMatchObject({ status: 'completed' })
    expect(await runIn(other, 'python', HELLO)).toMatchObject({ status: 'completed' })
    await Promise.all([earlier.close(), other.close(), now.close()])
  })

  it('runs programs only behind walls: an engine without the proxy is refused', async () => {
    const docker = createDockerClient({ host: host as string })
    const sandbox = createDockerSandbox({ docker, owner: owner(), log: silent })
    expect(await sandbox.probe()).toMatchObject({
      ok: false,
      languages: [],
      why: expect.stringMatching(/lack a network of its own, a file system that cannot be written/),
    })
    await expect(runIn(sandbox, 'python', HELLO)).rejects.toMatchObject({
      code: 'SANDBOX_FAILED',
      fix: expect.stringMatching(/docker-proxy/),
    })
    await sandbox.close()
    docker.close()
  })

  it('says which image is missing, and how to make it', async () => {
    const docker: DockerClient = {
      ...scene.docker,
      create: async (spec) =>
        spec.image === 'agentctl-node' ? { refused: 'image_missing' } : scene.docker.create(spec),
    }
    const sandbox = createDockerSandbox({ docker, owner: owner(), log: silent, warm: { python: 0, node: 0 } })
    expect(await sandbox.probe()).toMatchObject({
      ok: true,
      languages: ['python'],
      why: expect.stringMatching(/agentctl-node.*agentctl images build/),
    })
    await expect(runIn(sandbox, 'typescript', '1')).rejects.toMatchObject({
      code: 'SANDBOX_LANGUAGE_MISSING',
      fix: expect.stringMatching(/agentctl images build/),
    })
    await sandbox.close()
  })

  it.each([
    ['python', 'remove', 'import time\nprint(1, flush=True)\ntime.sleep(60)'],
    ['python', 'kill', 'import time\nprint(1, flush=True)\ntime.sleep(60)'],
    ['javascript', 'remove', 'console.log(1); setTimeout(() => {}, 60_000)'],
  ] as const)('does not blame a program in %s for what others do: %s', async (language, how, program) => {
    const mine = owner()
    const sandbox = scene.open({ owner: mine })
    const started = Promise.withResolvers<void>()
    const run = runIn(sandbox, language, program, {
      limits: { wall_ms: 60_000 },
      onOutput: () => started.resolve(),
    })
    const failed = expect(run).rejects.toMatchObject({ code: 'SANDBOX_FAILED', retryable: true })
    await started.promise
    for (const id of await scene.containersOf(mine)) await scene.docker[how](id)
    await failed
    await sandbox.close()
  })

  it('fails, and can be tried again, when the proxy goes away while a program runs', async () => {
    const own = await openDockerScene(host as string, 'port')
    const sandbox = own.open()
    const started = Promise.withResolvers<void>()
    const program = 'import time\nprint(1, flush=True)\ntime.sleep(60)'
    const run = runIn(sandbox, 'python', program, {
      limits: { wall_ms: 60_000 },
      onOutput: () => started.resolve(),
    })
    const failed = expect(run).rejects.toMatchObject({ code: 'SANDBOX_FAILED', retryable: true })
    await started.promise
    await own.close()
    await failed
    await expect(runIn(sandbox, 'python', HELLO)).rejects.toMatchObject({ code: 'SANDBOX_AWAY' })
    expect(await sandbox.probe()).toMatchObject({ ok: false, why: expect.stringMatching(/ECONNREFUSED/) })
    await sandbox.close()
  })
})
