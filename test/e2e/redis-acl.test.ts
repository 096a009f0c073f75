import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import { type AclServer, startAclServer } from '../support/acl-server.ts'
import { call } from '../support/events.ts'
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts'
import { agentctl, eventually, workplace } from '../support/program.ts'

const TOKEN = 'token-of-the-executor'

const place = workplace()
const children: ReturnType<typeof agentctl>[] = []
let server: AclServer
let database: TestDatabase
let url: string
let headers: Record<string, string>

/** Starts a role that logs in as one of the users. */
function start(user: string, ...args: string[]) {
  const env = { ...place.env, REDIS_URL: server.url(user), AGENTCTL_EXECUTOR_TOKEN: TOKEN }
  children.push(agentctl({ ...place, env }, ...args))
}

const answers = (address: string) => async () =>
  (await fetch(`${address}/ready`).catch(() => undefined))?.status === 200

beforeAll(async () => {
  server = await startAclServer()
  database = await createTestDatabase()
  place.env.AGENTCTL_MOCK_LATENCY = '1ms'
  const ports = await Promise.all(Array.from({ length: 5 }, () => freePort()))
  const at = (i: number) => `http://127.0.0.1:${ports[i]}`
  const port = (i: number) => ['--port', String(ports[i])]
  url = at(0)
  start('gateway', 'gateway', ...port(0), '--auth', 'keys', '--database-url', database.url)
  start('worker', 'worker')
  start('worker', 'worker', '--stage', 'encoder,retriever,generator')
  start('worker', 'worker', '--stage', 'evaluation', '--executor-urls', at(1))
  const seen = join(place.dir, 'seen.txt')
  start('worker', 'worker', '--subscribe', 'parcel.sent', '--exec', `cat >> ${seen}`, '--group', 'acl')
  start('executor', 'executor', ...port(1), '--backend', 'deno')
  start('llm', 'llm', ...port(2))
  start('storage', 'storage', '--database-url', database.url)
  start('campaigns', 'campaigns', ...port(3), '--database-url', database.url)
  start('agents', 'agents', ...port(4))
  await Promise.all([0, 1, 2, 3, 4].map((i) => eventually(answers(at(i)), 90_000)))
  const operator = { ...place, env: { ...place.env, REDIS_URL: server.url('operator') } }
  const made = await agentctl(
    operator,
    'keys',
    'create',
    'test',
    '--scope',
    'admin',
    '--rate',
    '1000',
    '--burst',
    '9',
  )
  headers = { authorization: `Bearer ${made.stdout.trim()}` }
}, 180_000)

afterAll(async () => {
  for (const child of children) child.kill('SIGTERM')
  await Promise.all(children)
  await server?.close()
  await database?.drop()
  place.remove()
})

it('each role does all it does as a user that may do nothing else', async () => {
  const chat = await fetch(`${url}/stream?feature_id=f&chat_id=c`, { method: 'POST', headers })
  expect(await chat.text()).toContain('data: [DONE]')

  const event = await ask('/events/parcel.sent', { weight: 3 })
  expect(event.status).toBe(201)
  const acknowledged = async () => {
    const groups = (await server.redis.xinfo('GROUPS', 'agent:stream:parcel.sent')) as unknown[][]
    return groups.some((group) => group[group.indexOf('pending') + 1] === 0 && group.includes(event.body.id))
  }
  await eventually(acknowledged, 60_000)

  const document = { id: 'bees', text: 'Bees make honey from nectar.' }
  expect(await ask('/documents', document)).toMatchObject({ status: 200 })
  expect(await ask('/query', { query: 'What do bees make?' })).toMatchObject({ status: 200 })

  const accepted = await ask('/api/eval', { code: 'console.log(6 * 7)', language: 'javascript' })
  expect(accepted.status).toBe(202)
  const ended = await ask(`/api/eval-status/${accepted.body.eval_id}?wait=60000`)
  expect(ended.body).toMatchObject({ status: 'completed', stdout: '42\n' })
  await eventually(async () => {
    const { body } = await ask('/api/evals?status=completed')
    return (body.evaluations as unknown[] | undefined)?.length === 1
  }, 60_000)

  expect(await server.refusals()).toEqual([])
})

it('the gateway can neither make an API key nor change one, nor empty the server', async () => {
  const redis = new Redis(server.url('gateway'))
  await expect(redis.hset('{access}:key:0123456789', { scopes: 'admin' })).rejects.toThrow(/NOPERM/)
  await expect(redis.zadd('{access}:keys', 1, '0123456789')).rejects.toThrow(/NOPERM/)
  await expect(redis.flushall()).rejects.toThrow(/NOPERM/)
  await expect(redis.config('GET', '*')).rejects.toThrow(/NOPERM/)
  await expect(redis.get('llm:cache:{x}')).rejects.toThrow(/NOPERM/)
  redis.disconnect()
})

it.each([
  ['gateway', 'WAIT 1 100'],
  ['gateway', 'ZADD chat:activity XX 1 feature'],
  ['worker', 'WAIT 1 100'],
  ['orchestrator', 'HSET {orchestrator}:features feature {}'],
  ['orchestrator', 'SET {orchestrator}:leader name PX 1000'],
  ['orchestrator', 'SET orchestrator:alive 1 PX 1000'],
  ['orchestrator', 'PUBLISH orchestrator:changes feature'],
  ['orchestrator', 'SUBSCRIBE orchestrator:changes'],
  ['orchestrator', 'ZRANGE chat:activity 0 -1 WITHSCORES'],
  ['orchestrator', 'LLEN {chat}:feature-x:wait'],
  ['orchestrator', 'XREADGROUP GROUP orchestrator c STREAMS agent:stream:orchestrator.create >'],
])('%s may %s', async (user, command) => {
  expect(await server.redis.call('ACL', 'DRYRUN', `agentctl-${user}`, ...command.split(' '))).toBe('OK')
})

it('what Redis refuses is told as that', async () => {
  const asLlm = { ...place, env: { ...place.env, REDIS_URL: server.url('llm') } }
  const refused = await agentctl(asLlm, 'keys', 'ls')
  expect(refused.stderr).toContain('REDIS_DENIED')
  expect(refused.exitCode).toBe(1)
  const stranger = {
    ...place,
    env: { ...place.env, REDIS_URL: server.url('llm').replace('change-me', 'wrong') },
  }
  const unknown = await agentctl(stranger, 'stream', 'ls', '--json')
  expect(JSON.parse(unknown.stdout)).toMatchObject({ error: { code: 'REDIS_DENIED' } })
  expect(unknown.stdout).not.toContain('wrong-llm')
})

async function ask(path: string, body?: object) {
  return call(url, path, { headers, ...(body === undefined ? {} : { body }) })
}
