import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { evaluationError } from '../../../src/runtime/evaluation/errors.ts'
import {
  createFakeRows,
  type EvaluationGateway,
  type FakeRows,
  startEvaluationGateway,
} from '../../support/evaluation.ts'
import { call } from '../../support/events.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let gateway: EvaluationGateway
let rows: FakeRows

beforeAll(async () => {
  server = await startTestRedis()
  rows = createFakeRows()
  gateway = await startEvaluationGateway(server.url, { rows })
})
afterAll(async () => {
  await gateway?.close()
  await server?.close()
})

const submit = (body: unknown, headers: Record<string, string> = {}) =>
  call(gateway.url, '/api/eval', { body, headers })
const get = (path: string) => call(gateway.url, path)

describe('what is refused', () => {
  it.each([
    [{}, 'body.code'],
    [{ code: ' \n' }, 'body.code'],
    [{ code: 'a\0b' }, 'body.code'],
    [{ code: 5 }, 'body.code'],
    [{ code: 'x', cpu: 1 }, 'body.cpu'],
    [{ code: 'x', args: 'a' }, 'body.args'],
    [{ code: 'x', args: ['a', '\0'] }, 'body.args.1'],
    [{ code: 'x', args: ['a'.repeat(20_000)] }, 'body.args'],
    [{ code: 'x', stdin: 'ü'.repeat(600_000) }, 'body.stdin'],
    [{ code: 'x', limits: { wall_ms: 60_001 } }, 'body.limits.wall_ms'],
    [{ code: 'x', limits: { memory: 1 } }, 'body.limits.memory'],
    [{ code: 'x', priority: 'low' }, 'body.priority'],
    [[], 'body'],
    ['{"code":', 'body'],
  ])('400 %#', async (body, field) => {
    expect(await submit(body)).toMatchObject({ status: 400, body: { code: 'HTTP_INVALID', field } })
  })

  it('413 for code that is too large, in bytes', async () => {
    const answer = await submit({ code: `#${'ü'.repeat(131_072)}` })
    expect(answer).toMatchObject({ status: 413, body: { code: 'EVAL_CODE_TOO_LARGE', field: 'body.code' } })
    expect((await submit({ code: `${'ü'.repeat(131_072)}` })).status).toBe(202)
  })

  it('413 for code that no event can hold, as each of its characters is an escape', async () => {
    const answer = await submit({ code: '\u0001'.repeat(200_000) })
    expect(answer).toMatchObject({ status: 413, body: { code: 'EVAL_CODE_TOO_LARGE' } })
  })

  it('413 for a body beyond every limit, naming this one', async () => {
    const answer = await submit({ code: 'x', stdin: 'x'.repeat(5 * 1024 * 1024) })
    expect(answer).toMatchObject({ status: 413, body: { code: 'HTTP_BODY_TOO_LARGE' } })
    expect(answer.body.detail).toContain('4194304')
  })

  it('422 for a language that there is not, with those there are', async () => {
    for (const language of ['ruby', '', 'constructor', '__proto__']) {
      const answer = await submit({ code: 'x', language })
      expect(answer).toMatchObject({ status: 422, body: { code: 'EVAL_LANGUAGE_UNKNOWN' } })
      expect(answer.body.detail).toContain('python, javascript, typescript')
    }
  })

  it('400 for a key or a query that cannot be', async () => {
    expect(await submit({ code: 'x' }, { 'idempotency-key': 'k'.repeat(257) })).toMatchObject({
      status: 400,
      body: { field: 'header.idempotency-key' },
    })
    for (const path of [
      'eval-status/x?wait=60001',
      'eval-status/x?wait=soon',
      'evals?status=done',
      'evals?limit=0',
    ])
      expect((await get(`/api/${path}`)).status).toBe(400)
    expect(await get('/api/eval/x/stream?last_event_id=17-0')).toMatchObject({
      status: 400,
      body: { field: 'last_event_id' },
    })
  })

  it('404 for an evaluation that nobody knows', async () => {
    for (const path of ['eval-status/nobody', 'eval-status/%7Bx%7D', 'eval/nobody/stream', 'eval-status/a:b'])
      expect(await get(`/api/${path}`)).toMatchObject({ status: 404, body: { code: 'EVAL_UNKNOWN' } })
  })
})

describe('what is taken', () => {
  it('languages by their other names, in any case', async () => {
    for (const language of ['Python', 'js', 'node', 'TS', 'python3'])
      expect((await submit({ code: 'x', language })).status).toBe(202)
  })

  it('as much stdin as there may be, and halves of surrogate pairs', async () => {
    expect((await submit({ code: 'x', stdin: '"'.repeat(1024 * 1024) })).status).toBe(202)
    const { status, body } = await submit('{"code":"print(\\"\\ud800\\")"}')
    expect(status).toBe(202)
    const [event] = (await gateway.bus.history('evaluation.queued', { order: 'desc', limit: 1 } as never))
      .events
    expect(event?.data).toMatchObject({ eval_id: body.eval_id, code: 'print("\ufffd")' })
  })
})

describe('the list', () => {
  it('is that of the rows', async () => {
    rows.all.set('a', { eval_id: 'a', seq: 1000, status: 'completed', stdout: 'text' })
    const { status, body } = await get('/api/evals?status=completed&limit=5')
    expect(status).toBe(200)
    expect(body.evaluations).toMatchObject([{ eval_id: 'a', status: 'completed' }])
    expect(JSON.stringify(body)).not.toContain('text')
  })

  it('says that there is no database', async () => {
    rows.away = evaluationError('EVAL_ROWS_AWAY', 'away')
    expect(await get('/api/evals')).toMatchObject({ status: 503, body: { code: 'EVAL_ROWS_AWAY' } })
    expect(await get('/api/eval-status/nobody')).toMatchObject({ status: 503 })
    rows.away = undefined
    const alone = await startEvaluationGateway(server.url)
    expect(await call(alone.url, '/api/evals')).toMatchObject({
      status: 503,
      body: { code: 'EVAL_ROWS_AWAY' },
    })
    await alone.close()
  })
})
