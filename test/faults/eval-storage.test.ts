import { Pool } from 'undici'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { rowsOf } from '../support/eval-faults.ts'
import { startExecutorStub, TOKEN } from '../support/executor-stub.ts'
import { agentctl, eventually, startServe, type TestServe, workplace } from '../support/program.ts'

const place = workplace()
let serve: TestServe
let stub: Awaited<ReturnType<typeof startExecutorStub>>

beforeAll(async () => {
  stub = await startExecutorStub()
  Object.assign(place.env, {
    AGENTCTL_EVAL_QUEUE_LIMIT: '20000',
    AGENTCTL_EXECUTOR_URLS: stub.url,
    AGENTCTL_EXECUTOR_TOKEN: TOKEN,
    AGENTCTL_EVAL_CONCURRENCY: '40',
  })
  serve = await startServe(place, '--ephemeral', '--roles', 'gateway=1,eval=1,storage=1')
})

afterAll(async () => {
  await serve?.stop()
  await stub?.close()
  place.remove()
})

/** Evaluations that are submitted while nobody writes rows: more than the bus keeps without a group that needs them. */
const MANY = 10_000

it(`${MANY} evaluations that ran while storage was away are stored once it is back`, async () => {
  await agentctl(place, 'scale', 'storage=0')
  const pool = new Pool(serve.url, { connections: 20 })
  const ids = new Set<string>()
  let sent = 0
  const client = async () => {
    while (sent++ < MANY) {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: '/api/eval',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code: 'print hello' }),
      })
      expect(statusCode).toBe(202)
      ids.add(((await body.json()) as { eval_id: string }).eval_id)
    }
  }
  await Promise.all(Array.from({ length: 20 }, client))
  await pool.close()
  expect(ids.size).toBe(MANY)
  await eventually(() => stub.tasks.length >= MANY && stub.running === 0, 90_000)

  await agentctl(place, 'scale', 'storage=1')
  let rows: Awaited<ReturnType<typeof rowsOf>> = []
  await eventually(
    async () => {
      rows = await rowsOf(serve.url)
      return rows.filter(({ status }) => status === 'completed').length >= MANY
    },
    90_000,
    () => `${rows.length} rows`,
  )
  expect(new Set(rows.map(({ eval_id }) => eval_id))).toEqual(ids)
  expect(rows.filter(({ language, queued_at }) => language === null || queued_at === null)).toEqual([])
  const { stdout } = await agentctl(place, 'dlq', 'ls', '--json')
  expect(JSON.parse(stdout)).toEqual([])
})
