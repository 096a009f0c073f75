import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import { call } from '../support/events.ts'
import { type CollectedSpan, drawTrace, startCollector } from '../support/otlp.ts'
import { createScene } from '../support/scene.ts'
import { readStream } from '../support/sse.ts'

const scene = createScene()
const closer = createCloser()
afterAll(() => closer.close())

const FAST = { AGENTCTL_MOCK_LATENCY: '5ms' }

/** Appends the name of every OpenTelemetry module that a process loads to the file TRACE_LOADS. */
const NOTE_LOADS = `--import "data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  import { appendFileSync } from 'node:fs'
  registerHooks({ load(url, context, next) {
    if (/@opentelemetry\\/(sdk|exporter|otlp|resources)/.test(url)) appendFileSync(process.env.AGENTCTL_TRACE_LOADS, url + '\\n')
    return next(url, context)
  } })`)}"`

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
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=topsecret',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    })
    const [chat, query, evaluation] = [traceOf('1'), traceOf('2'), traceOf('3')]

    await call(url, '/stream?feature_id=test&chat_id=c1', { body: { prompt: 'the secret of the prompt' }, headers: chat.headers }).catch(() => {})
    await call(url, '/documents', { body: { id: 'a', text: 'Machine learning finds rules.' } })
    await call(url, '/query', { body: { query: 'What is machine learning?' }, headers: query.headers })
    const accepted = await call(url, '/api/eval', { body: { code: 'print(1)' }, headers: evaluation.headers })
    await call(url, `${accepted.body.status_url}?wait=60000`)
    const has = (spans: readonly CollectedSpan[], trace: string, name: string) =>
      spans.some((span) => span.traceId === trace && span.name === name)
    await collector.until(
      (spans) =>
        has(spans, chat.id, 'POST /stream') &&
        has(spans, query.id, 'POST /query') &&
        spans.filter(({ traceId, name }) => traceId === evaluation.id && name === 'INSERT evaluations').length === 3,
    )
    for (const { id } of [chat, query, evaluation]) console.log(drawTrace(collector.spans, id).join('\n'))
    console.log(JSON.stringify(collector.spans, null, 1))
  })
})
