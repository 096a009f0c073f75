import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { LoadResult } from '../../src/runtime/loadtest/index.ts'
import type { Restarted } from '../../src/runtime/supervisor/index.ts'
import { agentctl, eventually, startServe, type TestServe, workplace } from '../support/program.ts'
import { teach } from '../support/rag-faults.ts'

const ROLES = 'gateway=1,worker=2,rag=1,llm=2,eval=1,executor=1,storage=1,campaigns=1,agents=1'
/** In the order in which `agentctl ps` names them. */
const REPLICAS = [
  'gateway-1',
  ...['worker-1', 'worker-2'],
  ...['llm-1', 'llm-2'],
  'executor-1',
  'storage-1',
  'campaigns-1',
  'agents-1',
  'rag-1',
  'eval-1',
]
const PATIENCE = 120_000
const place = workplace()
let serve: TestServe

beforeAll(async () => {
  place.env.AGENTCTL_MOCK_LATENCY = '20ms'
  place.env.DOCKER_HOST = 'unix:///nowhere'
  serve = await startServe(place, '--ephemeral', '--roles', ROLES)
  await teach(serve.url)
  writeFileSync(join(place.dir, 'program.js'), 'console.log(6 * 7)')
})

afterAll(async () => {
  await serve?.stop()
  place.remove()
})

/** A load tester at a constant rate, until it is told to stop. */
function startLoad(...args: string[]) {
  const child = agentctl(place, 'loadtest', ...args, '--duration', '20m', '--threads', '1', '--json')
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk
  })
  const succeeded = () => Number([...said.matchAll(/(\d+) ok/g)].at(-1)?.[1] ?? 0)
  return {
    /** Resolves when so many more have been answered. */
    async more(count: number): Promise<void> {
      const goal = succeeded() + count
      await eventually(
        () => succeeded() >= goal,
        PATIENCE,
        () => `${args.join(' ')}: ${said.slice(-500)}`,
      )
    },
    async end(): Promise<LoadResult> {
      child.kill('SIGINT')
      return JSON.parse((await child).stdout) as LoadResult
    },
  }
}

const urlOf = (replica: string) =>
  serve.status.replicas.find(({ name }) => name === replica)?.facts.url ?? `no URL of ${replica}`

/** What uses every role: by way of the gateway, and at each address that a role has of its own. */
function startLoads() {
  const get = (replica: string, path: string, ...more: string[]) =>
    startLoad('url', `${urlOf(replica)}${path}`, '--rate', '4', ...more)
  const password = Buffer.from('admin:your_password').toString('base64')
  const question = [
    '--method',
    'POST',
    '-H',
    'content-type: application/json',
    '--body',
    '{"prompt":"hello"}',
  ]
  return {
    chat: startLoad('chat', '--rate', '3'),
    query: startLoad('query', '--rate', '3', '--timeout', '2m'),
    streamed: startLoad('query', '--stream', '--rate', '1', '--timeout', '2m'),
    eval: startLoad('eval', '--rate', '0.5', '--file', 'program.js', '--timeout', '2m'),
    events: startLoad('events', '--rate', '5'),
    llm: get('llm-1', '/generate', ...question),
    campaigns: get('campaigns-1', '/campaigns', '-H', `authorization: Basic ${password}`),
    agents: get('agents-1', '/health'),
    executor: get('executor-1', '/health'),
  }
}

it('every role restarted, one replica after another, under constant load: no request fails', {
  timeout: 600_000,
}, async () => {
  const loads = startLoads()
  const all = Object.entries(loads)
  await Promise.all(all.map(([, load]) => load.more(2)))
  const before = serve.status.replicas
  const { stdout, stderr, exitCode } = await agentctl(place, 'restart', '--json')
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('[11/11] eval-1')])
  expect(JSON.parse(stdout) as Restarted).toEqual({
    restarted: REPLICAS,
    in_place: [],
    left_alone: ['redis-1', 'postgres-1'],
  })
  await Promise.all(all.map(([, load]) => load.more(3)))
  const results = await Promise.all(all.map(async ([name, load]) => [name, await load.end()] as const))
  const failures = results.map(([name, { failed, errors, counters }]) => {
    const { lost = 0, repeated = 0, gaps = 0 } = counters
    return [name, { failed, errors, lost, repeated, gaps }]
  })
  expect(Object.fromEntries(failures)).toEqual(
    Object.fromEntries(all.map(([name]) => [name, { failed: 0, errors: [], lost: 0, repeated: 0, gaps: 0 }])),
  )

  // All of them are other processes, at the addresses of those before.
  const { replicas } = await serve.ps()
  for (const { name, pid, facts, state } of replicas) {
    const old = before.find((replica) => replica.name === name)
    expect([name, state, facts.url]).toEqual([name, 'ready', old?.facts.url])
    expect(pid === old?.pid).toBe(!REPLICAS.includes(name))
  }
})
