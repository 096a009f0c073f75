import { describe, expect, it } from 'vitest'
import type { Snapshot } from '../../src/runtime/dashboard/index.ts'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import { agentctl, eventually, startServe, type TestServe, workplace } from '../support/program.ts'
import { createScene } from '../support/scene.ts'
import { readStream } from '../support/sse.ts'

const scene = createScene()
const PANES = ['Streams', 'Groups', 'Replicas', 'Latency', 'Dead letters']

async function snapshot(...args: string[]): Promise<Snapshot> {
  const { stdout, stderr, exitCode } = await agentctl(scene.place, 'dash', '--json', ...args)
  expect(exitCode, stderr).toBe(0)
  return JSON.parse(stdout) as Snapshot
}

/** Watches until `enough` says so, then ends the program by a signal. */
async function follow(
  signal: 'SIGINT' | 'SIGTERM',
  enough: (snapshot: Snapshot, count: number) => Promise<boolean>,
): Promise<{ seen: Snapshot[]; exitCode: number | undefined }> {
  const child = agentctl(scene.place, 'dash', '--json', '--follow', '--interval', '500ms')
  const seen: Snapshot[] = []
  let ended = false
  for await (const line of child.iterable()) {
    seen.push(JSON.parse(line) as Snapshot)
    if (ended || !(await enough(seen.at(-1) as Snapshot, seen.length))) continue
    ended = true
    child.kill(signal)
  }
  const { exitCode } = await child
  return { seen, exitCode }
}

describe('agentctl dash', () => {
  it('prints all it knows of a serve as JSON, rates included', async () => {
    const { url, status } = await scene.serve(['--ephemeral', '--roles', 'gateway=1,worker=2'])
    await agentctl(scene.place, 'event', 'publish', 'test.happened', '{"n":1}')
    expect((await readStream(url, { chat: 'looked-at' })).done).toBe(true)
    let shown = await snapshot()
    // A replica that was held up for long is left out of one look.
    await eventually(async () => {
      if (shown.latencies.some(({ name }) => name === 'POST /stream')) return true
      shown = await snapshot()
      return false
    })
    expect(shown).toMatchObject({ version: 1, trouble: null })
    // Longer where looking takes long.
    expect(shown.interval_ms).toBeGreaterThanOrEqual(1_000)
    expect(shown.context).toMatchObject({
      name: null,
      redis: status.urls.redis,
      serve: { pid: status.pid, data: 'ephemeral' },
    })
    expect(shown.redis?.ops).toBeGreaterThanOrEqual(0)
    expect(shown.replicas.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'redis-1 ready',
      'gateway-1 ready',
      'worker-1 ready',
      'worker-2 ready',
    ])
    const events = shown.streams.find(({ stream }) => stream.includes('test.happened'))
    expect(events).toMatchObject({ kind: 'events', length: 1, in_rate: 0 })
    expect(shown.latencies.map(({ name, role }) => `${name} ${role}`)).toContain('POST /stream gateway')
    expect(shown.unknown.filter(({ pane }) => pane === 'logs')).toEqual([])
  })

  it('sees what happens while it looks', async () => {
    const { url } = await scene.serve(['--ephemeral'])
    const { seen, exitCode } = await follow('SIGINT', async (snapshot, count) => {
      if (count === 2) await readStream(url, { chat: 'looked-at' })
      const answered = snapshot.latencies.find(({ name }) => name === 'POST /stream')
      return answered !== undefined && answered.count > 0 && answered.p99_ms !== null
    })
    expect(exitCode).toBe(130)
    expect(seen.length).toBeGreaterThan(2)
  })

  it('prints it as text, once, and says why where there is no terminal', async () => {
    await scene.serve(['--ephemeral'])
    await agentctl(scene.place, 'event', 'publish', 'test.happened', '{}')
    const once = await agentctl(scene.place, 'dash', '--once')
    expect(once.exitCode).toBe(0)
    expect(once.stderr).toBe('')
    expect(once.stdout).toContain('worker-2')
    expect(once.stdout).toContain('agent:stream:test.happened')
    for (const title of PANES) expect(once.stdout).toContain(`${title} (`)
    const plain = await agentctl(scene.place, 'dash')
    expect(plain.exitCode).toBe(0)
    expect(plain.stderr).toMatch(/^Shown once: the output goes to no terminal/)
    expect(plain.stdout).toContain('worker-2')
    const one = await agentctl(scene.place, 'dash', '--once', '--pane', 'replicas')
    expect(one.stdout).toContain('worker-2')
    expect(one.stdout).not.toContain('agent:stream:test.happened')
  })

  it('works on any Redis without a serve, and says what it cannot know', async () => {
    const { redisUrl } = await scene.serve(['--ephemeral'])
    const guest = workplace()
    const { stdout, exitCode } = await agentctl(guest, 'dash', '-o', 'ndjson', '--redis-url', redisUrl)
    guest.remove()
    expect(exitCode).toBe(0)
    expect(stdout.split('\n')).toHaveLength(1)
    const { context, replicas, unknown } = JSON.parse(stdout) as Snapshot
    expect(context).toMatchObject({ serve: null, redis: redisUrl })
    expect(replicas).toEqual([])
    expect(new Set(unknown.map(({ pane }) => pane))).toEqual(new Set(['replicas', 'latency', 'logs']))
    expect(unknown.find(({ pane }) => pane === 'logs')?.fix).toContain('agentctl serve')
  })

  it('does not mix the serve that runs here with another Redis', async () => {
    const { redisUrl } = await scene.serve(['--ephemeral'])
    const other = workplace()
    const second = await startServe(other, '--ephemeral')
    const shown = await snapshot('--redis-url', second.redisUrl)
    await second.stop()
    other.remove()
    expect(shown.context).toMatchObject({ serve: null, redis: second.redisUrl })
    expect(shown.unknown.find(({ pane }) => pane === 'replicas')?.what).toContain(redisUrl)
  })

  it('is not held up by a replica that is paused, and names it', async () => {
    const { ps } = await scene.serve(['--ephemeral'])
    const pid = (await ps()).replicas.find(({ name }) => name === 'worker-2')?.pid as number
    process.kill(pid, 'SIGSTOP')
    try {
      const { unknown } = await snapshot()
      expect(unknown.map(({ what }) => what)).toContain('worker-2 did not say what it measures')
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  })

  it('follows a serve that is started anew', async () => {
    const first = await scene.serve(['--ephemeral'])
    let second: TestServe | undefined
    const { exitCode } = await follow('SIGTERM', async ({ context, trouble }, count) => {
      if (count === 1) {
        expect(context.serve?.pid).toBe(first.status.pid)
        await first.stop()
        second = await startServe(scene.place, '--ephemeral')
      }
      return trouble === null && context.serve?.pid === second?.status.pid
    })
    await second?.stop()
    expect(exitCode).toBe(143)
  })

  it.each([['--once'], ['--json'], ['--json', '--follow']])(
    'fails without a Redis: %s %s',
    async (...args) => {
      const url = `redis://127.0.0.1:${await freePort()}`
      const { exitCode, stdout, stderr } = await agentctl(scene.place, 'dash', ...args, '--redis-url', url)
      expect(exitCode).toBe(69)
      expect(stdout + stderr).toContain('REDIS_UNREACHABLE')
    },
  )

  it.each([
    ['an interval that is too short', ['--interval', '10ms'], '--interval'],
    ['an interval that is no duration', ['--interval', 'often'], '--interval'],
    ['a pane that does not exist', ['--pane', 'weather'], 'weather'],
    ['text that never ends', ['--follow'], '--json'],
    ['a Redis URL that is none', ['--once', '--redis-url', 'http://x'], 'REDIS_URL_INVALID'],
  ])('refuses %s', async (_what, args, named) => {
    const { exitCode, stderr } = await agentctl(scene.place, 'dash', ...args)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(named)
  })

  it('changes nothing by looking', async () => {
    const { redisUrl } = await scene.serve(['--ephemeral', '--roles', 'gateway=1'])
    await agentctl(scene.place, 'event', 'publish', 'test.happened', '{}')
    const { stdout: before } = await agentctl(
      scene.place,
      'stream',
      'ls',
      '--all',
      '--json',
      '--redis-url',
      redisUrl,
    )
    await snapshot('--read-only')
    const { stdout: after } = await agentctl(
      scene.place,
      'stream',
      'ls',
      '--all',
      '--json',
      '--redis-url',
      redisUrl,
    )
    expect(JSON.parse(after)).toEqual(JSON.parse(before))
  })
})

describe('agentctl serve --ui', () => {
  it.each([
    ['without a terminal', [], 'DASH_NEEDS_TERMINAL'],
    ['in the background', ['--detach'], '--detach'],
    ['as JSON', ['--json'], '--json'],
  ])('does not start %s', async (_what, args, named) => {
    const { exitCode, stderr, stdout } = await agentctl(scene.place, 'serve', '--ui', '--port', '0', ...args)
    expect(exitCode).toBe(2)
    expect(stderr + stdout).toContain(named)
    await eventually(async () => (await agentctl(scene.place, 'ps')).exitCode === 69)
  })
})
