import { expect, it } from 'vitest'
import { connectToServe } from '../../src/runtime/supervisor/index.ts'
import { createScene } from '../support/scene.ts'
import { numbers, readStream, upTo } from '../support/sse.ts'

const scene = createScene()
const PATIENCE = { timeout: 30_000, interval: 100 }

const status = () => connectToServe(scene.place.env.AGENTCTL_STATE_DIR).status()
const scaled = async () => (await status()).autoscale?.[0]
const workers = async () => (await status()).replicas.filter(({ role }) => role === 'worker')

const start = (...args: string[]) =>
  scene.serve(['--ephemeral', '--roles', 'gateway=1,worker=1', '--concurrency', '2', ...args])

it('keeps what there is while Redis does not answer, says so, and goes on when it does', async () => {
  await start('--autoscale', 'worker=1..3', '--autoscale-cooldown', '1s')
  await expect.poll(async () => (await scaled())?.reason, PATIENCE).toMatch(/suffice/)
  const redis = (await status()).replicas.find(({ role }) => role === 'redis')?.pid as number
  // All of its group: its leader only watches over the server.
  process.kill(-redis, 'SIGSTOP')
  try {
    await expect.poll(async () => (await scaled())?.reason, PATIENCE).toMatch(/^not known: /)
    expect(await scaled()).toMatchObject({ replicas: 1, last: null, active: true })
  } finally {
    process.kill(-redis, 'SIGCONT')
  }
  await expect.poll(async () => (await scaled())?.reason, PATIENCE).toMatch(/suffice/)
})

it('loses nothing when a worker that it has added is killed in the middle of a burst', async () => {
  const { url } = await start('--autoscale', 'worker=1..3', '--autoscale-cooldown', '2s')
  const burst = Promise.all(upTo(24).map((n) => readStream(url, { chat: `killed-${n}` })))
  await expect
    .poll(async () => (await workers()).at(-1), PATIENCE)
    .toMatchObject({ name: 'worker-3', state: 'ready' })
  process.kill((await workers()).at(-1)?.pid as number, 'SIGKILL')
  const chats = await burst
  expect(chats.map(({ messages, done }) => (done ? numbers(messages) : []))).toEqual(
    upTo(24).map(() => upTo(20)),
  )
  await expect.poll(async () => (await workers()).length, PATIENCE).toBe(1)
})
