import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import { call } from '../support/events.ts'
import { drawTrace, startCollector } from '../support/otlp.ts'
import { agentctl, eventually } from '../support/program.ts'
import { createScene } from '../support/scene.ts'
import { readStream } from '../support/sse.ts'

const scene = createScene()
const closer = createCloser()
afterAll(() => closer.close())

const FAST = { AGENTCTL_MOCK_LATENCY: '5ms', OTEL_BSP_SCHEDULE_DELAY: '100' }

/** A trace that the test has begun. */
function traceOf(digit: string) {
  const id = digit.repeat(32)
  return { id, headers: { traceparent: `00-${id}-${'f'.repeat(16)}-01` } }
}

describe('with a collector', () => {
  it('a chat, a query and an evaluation are one trace each, over all processes', async () => {
    const collector = closer.add(await startCollector(), (opened) => opened.close())
    const roles = 'gateway=1,worker=1,rag=1,llm=1,eval=1,executor=1,storage=1'
    const { url } = await scene.serve(['--ephemeral', '--roles', roles], {
      ...FAST,
      AGENTCTL_HANDLER: 'llm',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=abc',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    })
    const [chat, query, evaluation] = [traceOf('1'), traceOf('2'), traceOf('3')]
    const body = { prompt: 'xylophone' }
    const { done } = await readStream(url, { chat: 'c1', body, headers: chat.headers })
    expect(done).toBe(true)
    await call(url, '/documents', { body: { id: 'a', text: 'Machine learning finds xylophones.' } })
    const question = { query: 'What is a xylophone?' }
    expect((await call(url, '/query', { body: question, headers: query.headers })).status).toBe(200)
    const program = { code: 'print("xylophone")' }
    const accepted = await call(url, '/api/eval', { body: program, headers: evaluation.headers })
    await call(url, `${accepted.body.status_url}?wait=60000`)
    const drawn = (id: string) =>
      drawTrace(
        // What is told of rows depends on how many reports are stored at once.
        collector.spans.filter(({ name }) => !name.startsWith('publish storage.')),
        id,
      )
    await expect
      .poll(() => drawn(chat.id))
      .toEqual([
        'agentctl-gateway: POST /stream',
        '  agentctl-gateway: enqueue default',
        '    agentctl-worker: process default',
        '      agentctl-worker: POST',
        '        agentctl-llm: POST /generate',
        '          agentctl-llm: chat mock',
      ])
    await expect
      .poll(() => drawn(query.id))
      .toEqual([
        'agentctl-gateway: POST /query',
        '  agentctl-gateway: enqueue encoder_in',
        '    agentctl-worker: process encoder_in',
        '      agentctl-worker: process retriever_in',
        '        agentctl-worker: process llm_in',
        '          agentctl-worker: POST',
        '            agentctl-llm: POST /generate',
        '              agentctl-llm: chat mock',
      ])
    await expect
      .poll(() => drawn(evaluation.id))
      .toEqual([
        'agentctl-gateway: POST /api/eval',
        '  agentctl-gateway: enqueue evaluations',
        '    agentctl-worker: process evaluations',
        '      agentctl-worker: POST',
        '        agentctl-executor: POST /run',
        '          agentctl-executor: run program',
        '      agentctl-worker: publish evaluation.completed',
        '        agentctl-storage: handle evaluation.completed',
        '          agentctl-storage: INSERT evaluations',
        '      agentctl-worker: publish evaluation.started',
        '        agentctl-storage: handle evaluation.started',
        '          agentctl-storage: INSERT evaluations',
        '  agentctl-gateway: publish evaluation.queued',
        '    agentctl-storage: handle evaluation.queued',
        '      agentctl-storage: INSERT evaluations',
      ])

    const { spans } = collector
    expect(spans.find(({ name }) => name === 'chat mock')?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'mock',
      'gen_ai.usage.output_tokens': expect.anything(),
    })
    expect(spans.find(({ name }) => name === 'process llm_in')?.resource).toMatchObject({
      'service.instance.id': 'rag-1',
      'deployment.environment.name': 'test',
    })
    expect(spans.filter(({ failed }) => failed)).toEqual([])
    expect(collector.headers.every((headers) => headers['api-key'] === 'abc')).toBe(true)
    // Neither what is asked nor what is answered, stored, run or written.
    expect(JSON.stringify(spans)).not.toContain('xylophone')
  })

  it('that is away, work goes on, and a stop takes no longer for it', async () => {
    const collector = `http://127.0.0.1:${await freePort()}`
    const running = await scene.serve(['--ephemeral'], { ...FAST, OTEL_EXPORTER_OTLP_ENDPOINT: collector })
    for (let i = 0; i < 5; i++) expect((await readStream(running.url, { chat: `c${i}` })).done).toBe(true)
    await running.stop()
    const { exitCode, stderr } = await running.child
    expect(exitCode).toBe(0)
    // A replica that has to be killed says so.
    expect(stderr).not.toMatch(/did not stop|killed/)
  })
})

/** Appends the name of every module that a process loads of OpenTelemetry to a file, but for its API, which is everywhere. */
function noteLoads(file: string): string {
  const code = `
    import { appendFileSync } from 'node:fs'
    import { registerHooks } from 'node:module'
    registerHooks({ load(url, context, next) {
      if (/@opentelemetry.(sdk|exporter|otlp|resources)/.test(url)) appendFileSync(${JSON.stringify(file)}, url + ' ')
      return next(url, context)
    } })`
  return `--import data:text/javascript,${encodeURIComponent(code)}`
}

describe('without a collector', () => {
  it('nothing of OpenTelemetry is loaded; the trace of whoever asks is in the log of every role', async () => {
    const loads = join(scene.place.dir, 'loads')
    const env = { ...FAST, AGENTCTL_HANDLER: 'llm', NODE_OPTIONS: noteLoads(loads) }
    const running = await scene.serve(['--ephemeral', '--roles', 'gateway=1,worker=1,llm=1'], env)
    const { id, headers } = traceOf('4')
    // There is nothing to answer, which the worker has to say about.
    await readStream(running.url, { chat: 'c1', headers })
    const logged = async () => {
      const { stdout } = await agentctl(scene.place, 'logs', '--json')
      return stdout.split('\n').some((line) => line.includes('the chat failed') && line.includes(id))
    }
    await eventually(logged)
    expect(existsSync(loads)).toBe(false)
    await running.stop()

    await scene.serve(['--ephemeral'], { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })
    expect(readFileSync(loads, 'utf8')).toContain('exporter-trace-otlp-http')
  })
})
