import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEventBus, type EventBus } from '../../src/runtime/bus/index.ts'
import { type ClusterScene, startClusterScene } from '../support/orchestrator.ts'
import { agentctl, eventually, workplace } from '../support/program.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

const place = workplace()
let redis: TestRedis
let cluster: ClusterScene
let bus: EventBus
const all: Orchestrator[] = []

interface Orchestrator {
  child: ReturnType<typeof agentctl>
  url: string
  isLeading(): Promise<boolean>
}

async function startOrchestrator(): Promise<Orchestrator> {
  const child = agentctl(
    ...([place, 'orchestrator', '--redis-url', redis.url, '--backend', 'kubernetes'] as const),
    ...['--kubeconfig', cluster.kubeconfig, '--port', '0', '--lease-duration', '3s', '--resync', '1s'],
  )
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk
  })
  const urlIn = () => /"url":"(http:[^"]+)"/.exec(said)?.[1]
  await eventually(
    () => urlIn() !== undefined,
    90_000,
    () => said,
  )
  const url = urlIn() as string
  const started: Orchestrator = {
    ...{ child, url },
    async isLeading() {
      const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) })
      return /^agentctl_orchestrator_leader\{.*\} 1$/m.test(await answer.text())
    },
  }
  all.push(started)
  return started
}

const deployments = '/apis/apps/v1/namespaces/agents/deployments'
const isThere = (feature: string) =>
  cluster.api.store.get(deployments, `feature-${feature}-worker`) !== undefined
const create = (feature: string) =>
  bus.request<{ state: string }>(
    'orchestrator.create',
    { feature_id: feature, wait_s: 60 },
    { timeout: 90_000 },
  )

beforeAll(async () => {
  redis = await startTestRedis()
  cluster = await startClusterScene()
  bus = createEventBus({ redisUrl: redis.url, name: 'test' })
  await startOrchestrator()
  await startOrchestrator()
}, 240_000)

afterAll(async () => {
  for (const { child } of all) child.kill('SIGCONT')
  for (const { child } of all) child.kill('SIGTERM')
  await Promise.all(all.map(({ child }) => child))
  await bus?.close()
  await cluster?.close()
  await redis?.close()
  place.remove()
})

async function leaderOf(candidates: readonly Orchestrator[]): Promise<Orchestrator> {
  let leaders: Orchestrator[] = []
  await eventually(async () => {
    const leads = await Promise.all(candidates.map((one) => one.isLeading()))
    leaders = candidates.filter((_, i) => leads[i])
    expect(leaders.length).toBeLessThanOrEqual(1)
    return leaders.length === 1
  }, 60_000)
  return leaders[0] as Orchestrator
}

describe('two orchestrators', () => {
  it('have one leader, and whoever hears a wish, it comes true once', async () => {
    await leaderOf(all)
    for (const feature of ['one', 'two', 'three']) expect((await create(feature)).result.state).toBe('ready')
    const made = cluster.api.writes.filter(({ status }) => status === 201)
    expect(made).toHaveLength(9)
  })

  it('the other takes over when the leader is killed', async () => {
    const leader = await leaderOf(all)
    leader.child.kill('SIGKILL')
    await leader.child
    all.splice(all.indexOf(leader), 1)
    const next = await leaderOf(all)
    expect(next).not.toBe(leader)
    expect((await create('four')).result.state).toBe('ready')
    expect(isThere('four')).toBe(true)
  })

  it('a leader that was stopped for longer than its lease does nothing when it goes on', async () => {
    const old = await leaderOf(all)
    const other = await startOrchestrator()
    old.child.kill('SIGSTOP')
    await leaderOf([other])
    const { version } = cluster.api.store
    old.child.kill('SIGCONT')
    await eventually(async () => !(await old.isLeading()), 60_000)
    expect(await other.isLeading()).toBe(true)
    expect(cluster.api.store.list(deployments)).toHaveLength(4)
    // Leases are renewed; nothing else has changed.
    const changed = cluster.api.store.since(deployments, version)
    expect(changed).toEqual([])
  })

  it('an API that goes away for longer than the lease ends all leading, and one leads when it is back', async () => {
    cluster.api.fail(() => true, 503)
    await eventually(
      async () => !(await Promise.all(all.map((one) => one.isLeading()))).includes(true),
      60_000,
    )
    const waiting = create('five')
    await pause(0)
    cluster.api.heal()
    expect((await waiting).result.state).toBe('ready')
    await leaderOf(all)
  })

  it('one that ends in order is followed without waiting for its lease', async () => {
    const leader = await leaderOf(all)
    leader.child.kill('SIGTERM')
    expect((await leader.child).exitCode).toBe(0)
    all.splice(all.indexOf(leader), 1)
    await leaderOf(all)
    for (const feature of ['one', 'two', 'three', 'four', 'five']) {
      const { result } = await bus.request<object>('orchestrator.delete', { feature_id: feature, wait_s: 60 })
      expect(result).toEqual({ feature_id: feature, deleted: true })
    }
    expect(cluster.api.store.list(deployments)).toEqual([])
  })
})
