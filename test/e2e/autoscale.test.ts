import { describe, expect, it } from 'vitest'
import { connectToServe } from '../../src/runtime/supervisor/index.ts'
import { agentctl, allGone, eventually } from '../support/program.ts'
import { createScene } from '../support/scene.ts'
import { numbers, readStream, upTo } from '../support/sse.ts'

const scene = createScene()
const PATIENCE = 120_000

/** One worker answers two chats at once, each of which takes two seconds. */
const start = (...args: string[]) =>
  scene.serve(['--ephemeral', '--roles', 'gateway=1,worker=1', '--concurrency', '2', ...args])

const serve = () => connectToServe(scene.place.env.AGENTCTL_STATE_DIR)
const workers = async () => (await serve().status()).replicas.filter(({ role }) => role === 'worker')
const scaled = async () => (await serve().status()).autoscale?.[0]

/** Many chats at once, each with all its messages in the end. */
async function burst(url: string, chats: number, feature = 'test'): Promise<number[][]> {
  const all = upTo(chats).map((n) => readStream(url, { feature, chat: `chat-${n}` }))
  return (await Promise.all(all)).map(({ messages, done }) => (done ? numbers(messages) : []))
}

describe('agentctl serve --autoscale', () => {
  it('meets a burst with more workers, loses nothing, and has as few as before when it is over', async () => {
    const { url } = await start('--autoscale', 'worker=1..4', '--autoscale-cooldown', '4s')
    expect(await scaled()).toMatchObject({ min: 1, max: 4, active: true, replicas: 1, last: null })
    const answers = burst(url, 40)
    // A look may come while only some of the chats are there: then it takes two steps.
    await eventually(async () => (await workers()).length === 4, PATIENCE)
    expect(await scaled()).toMatchObject({
      last: { to: 4, reason: expect.stringMatching(/wait in chat/) },
    })
    const pids = (await workers()).flatMap(({ pid }) => pid ?? [])
    expect(await answers).toEqual(upTo(40).map(() => upTo(20)))
    await eventually(async () => (await workers()).length === 1, PATIENCE)
    const [left] = await workers()
    expect(await scaled()).toMatchObject({
      replicas: 1,
      last: { to: 1, reason: expect.stringMatching(/no more than 1 were needed/) },
    })
    await allGone(
      pids.filter((pid) => pid !== left?.pid),
      60_000,
    )
    expect(left).toMatchObject({ name: 'worker-1', restarts: 0 })
    const { stdout } = await agentctl(scene.place, 'ps')
    expect(stdout).toMatch(/^worker +1\.\.4 +1 +2 → 1, \S+ ago/m)
    const logs = await agentctl(scene.place, 'logs', 'serve', '--lines', '1000')
    expect(logs.stdout).toContain('scaled by itself')
  })

  it('stops work that is under way on no account: a worker that goes answers its chats first', async () => {
    const { url } = await start('--autoscale', 'worker=1..4', '--autoscale-cooldown', '0s')
    // Without a cooldown workers come and go all the time.
    expect(await burst(url, 30)).toEqual(upTo(30).map(() => upTo(20)))
    await eventually(async () => (await workers()).length === 1, PATIENCE)
  })

  it('leaves a role to people who scale it by hand, until they give it bounds', async () => {
    await start('--autoscale', 'worker=1..4')
    const byHand = await agentctl(scene.place, 'scale', 'worker=2')
    expect(byHand.stderr + byHand.stdout).toContain('agentctl scale worker=1..4')
    expect(await scaled()).toMatchObject({ active: false, replicas: 2, reason: 'scaled by hand' })
    expect((await agentctl(scene.place, 'ps')).stdout).toMatch(/^worker +by hand +2 /m)
    const bounded = await agentctl(scene.place, 'scale', 'worker=3..4', '--json')
    expect(JSON.parse(bounded.stdout).autoscale).toMatchObject([{ active: true, min: 3, max: 4 }])
    await eventually(async () => (await workers()).length === 3, PATIENCE)
  })

  it('can begin while a serve runs, and shows in the snapshot of the dashboard', async () => {
    await start()
    expect((await serve().status()).autoscale).toEqual([])
    expect((await agentctl(scene.place, 'scale', 'worker=2..3')).exitCode).toBe(0)
    await eventually(async () => (await workers()).length === 2, PATIENCE)
    const { stdout } = await agentctl(scene.place, 'dash', '--json')
    expect(JSON.parse(stdout).autoscale).toMatchObject([{ role: 'worker', min: 2, max: 3, active: true }])
    const told = (await serve().metrics()).find(({ replica }) => replica === 'serve')?.text
    expect(told).toMatch(/^agentctl_autoscale_replicas\{role="worker"\} 2$/m)
    expect(told).toMatch(/^agentctl_autoscale_decisions_total\{role="worker",direction="up"\} 1$/m)
  })

  it('scales the workers of a feature between the bounds that it was created with', async () => {
    const { url } = await start()
    const words = ['orchestrator', 'create', '--feature', 'vip', '--max', '3', '--timeout', '100s']
    expect((await agentctl(scene.place, ...words)).exitCode).toBe(0)
    const answers = burst(url, 20, 'vip')
    const own = async () => (await serve().status()).replicas.filter(({ role }) => role === 'worker@vip')
    await eventually(async () => (await own()).length === 3, PATIENCE)
    expect(await answers).toEqual(upTo(20).map(() => upTo(20)))
    expect(await scaled()).toMatchObject({
      role: 'worker@vip',
      last: { to: 3, reason: expect.stringMatching(/wait in chat vip/) },
    })
    expect(await workers()).toHaveLength(1)
  })

  it.each([
    ['worker=8..1', 'worker=1..8'],
    ['gateway=1..3', 'agentctl scale gateway=2'],
    ['eval=1..2', '--roles'],
    ['worker', 'ROLE=MIN..MAX'],
  ])('refuses %s, and says what would do', async (bounds, advice) => {
    const { exitCode, stderr } = await agentctl(
      scene.place,
      ...['serve', '--roles', 'gateway=1,worker=1', '--autoscale', bounds],
    )
    expect(exitCode).toBe(2)
    expect(stderr).toContain(advice)
  })

  it('says the same of a serve that runs', async () => {
    await start()
    for (const [amount, advice] of [
      ['gateway=1..2', 'by hand'],
      ['eval=1..2', 'not run by this serve'],
      ['worker=2..1', 'worker=1..2'],
    ] as const) {
      const { exitCode, stderr } = await agentctl(scene.place, 'scale', amount)
      expect(exitCode).not.toBe(0)
      expect(stderr).toContain(advice)
    }
  })
})
