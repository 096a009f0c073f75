import { afterEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { createMetrics } from '../../../src/runtime/platform/metrics/index.ts'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import {
  enterSpan,
  exposeTracing,
  inSpan,
  openTracing,
  parseTraceparent,
} from '../../../src/runtime/platform/tracing/index.ts'
import { type Collector, drawTrace, startCollector } from '../../support/otlp.ts'
import { readableLog } from '../../support/storage-role.ts'

let closer = createCloser()

afterEach(async () => {
  await closer.close()
  closer = createCloser()
})

const about = { role: 'worker', instance: 'worker-1', version: '1.2.3' }
const TRACE = 'a'.repeat(32)
const parentThat = (records: boolean) => parseTraceparent(`00-${TRACE}-${'b'.repeat(16)}-0${Number(records)}`)

async function collect(status?: number): Promise<Collector> {
  return closer.add(await startCollector(status), (collector) => collector.close())
}

async function open(url: string, env: Record<string, string> = {}) {
  const { log, lines } = readableLog()
  const tracing = await openTracing({ ...about, log, env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, ...env } })
  closer.add(tracing, (opened) => opened.close())
  return { ...tracing, lines }
}

describe('recorded traces', () => {
  it('reach the collector when the process ends, with what is known of each step', async () => {
    const collector = await collect()
    const { tracer, close } = await open(collector.url)
    const options = {
      parent: parentThat(true),
      kind: 'consumer',
      attributes: { n: 1, gone: undefined },
    } as const
    await enterSpan(tracer, 'process jobs', options, async (span) => {
      await inSpan('step', {}, async () => {})
      const failing = inSpan('broken', {}, async () => {
        throw new TypeError('the text of a prompt')
      })
      await failing.catch(() => {})
      span.set({ done: true })
    })
    await close()
    expect(drawTrace(collector.spans, TRACE)).toEqual([
      'agentctl-worker: process jobs',
      '  agentctl-worker: broken',
      '  agentctl-worker: step',
    ])
    const [broken, job] = ['broken', 'process jobs'].map((name) =>
      collector.spans.find((span) => span.name === name),
    )
    expect(job).toMatchObject({ parentSpanId: 'b'.repeat(16), kind: 'consumer', failed: false })
    expect(job?.attributes).toEqual({ n: 1, done: true })
    expect(broken).toMatchObject({ failed: true, attributes: { 'error.type': 'TypeError' } })
    expect(JSON.stringify(collector.spans)).not.toContain('prompt')
    expect(job?.resource).toMatchObject({
      'service.version': '1.2.3',
      'service.instance.id': 'worker-1',
      'agentctl.role': 'worker',
    })
  })

  it('have the name of the service that the environment gives', async () => {
    const collector = await collect()
    const { tracer, close } = await open(collector.url, { OTEL_SERVICE_NAME: 'shop' })
    enterSpan(tracer, 'x', { parent: undefined }, () => {})
    await close()
    expect(collector.spans).toMatchObject([{ service: 'shop', parentSpanId: undefined }])
  })

  it.each([
    ['parentbased_traceidratio', '0', ['of a recorded one']],
    ['parentbased_traceidratio', '1', ['begun here', 'of a recorded one']],
    ['traceidratio', '1', ['begun here', 'of a recorded one', 'of one that is not']],
    ['always_off', '', []],
  ])('are those that the sampler %s %s chooses', async (name, share, recorded) => {
    const collector = await collect()
    const sampler = { OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: share }
    const { tracer, close } = await open(collector.url, sampler)
    enterSpan(tracer, 'begun here', { parent: undefined }, () => {})
    enterSpan(tracer, 'of a recorded one', { parent: parentThat(true) }, () => {})
    enterSpan(tracer, 'of one that is not', { parent: parentThat(false) }, () => {})
    await close()
    expect(collector.spans.map((span) => span.name).sort()).toEqual(recorded)
  })

  it('are sent while the process goes on, and counted in its metrics', async () => {
    const collector = await collect()
    const { tracer } = await open(collector.url, { OTEL_BSP_SCHEDULE_DELAY: '20' })
    const metrics = createMetrics()
    exposeTracing(metrics, tracer)
    enterSpan(tracer, 'x', { parent: undefined }, () => {})
    await collector.until((spans) => spans.length === 1)
    await expect.poll(() => metrics.text()).toContain('agentctl_trace_spans{outcome="exported"} 1')
  })

  it('hold up nothing while nobody takes them: what is too much is dropped, and the log says so once', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const few = {
      OTEL_BSP_MAX_QUEUE_SIZE: '4',
      OTEL_BSP_SCHEDULE_DELAY: '10',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4',
    }
    const { tracer, close, lines } = await open(url, few)
    for (let i = 0; i < 100; i++) enterSpan(tracer, 'x', { parent: undefined }, () => {})
    await expect.poll(() => tracer.counts?.().dropped).toBe(96 - 4)
    const stopping = AbortSignal.timeout(5_000)
    await close()
    expect(stopping.aborted).toBe(false)
    expect(lines.filter(({ level }) => level >= 40).length).toBeLessThanOrEqual(1)
  })

  it('that are refused are counted as failed', async () => {
    const collector = await collect(400)
    const { tracer, lines } = await open(collector.url, { OTEL_BSP_SCHEDULE_DELAY: '10' })
    for (let i = 0; i < 3; i++) {
      enterSpan(tracer, 'x', { parent: undefined }, () => {})
      await expect.poll(() => tracer.counts?.()).toEqual({ exported: 0, dropped: 0, failed: i + 1 })
    }
    expect(lines.map(({ msg }) => msg)).toEqual(['traces are not taken: spans are lost until they are'])
  })
})

describe('without an address', () => {
  it('nothing is recorded, and wrong settings are named in the log', async () => {
    const { tracer, lines } = await open('nowhere')
    expect(tracer.counts).toBeUndefined()
    expect(tracer.begin('x', { parent: undefined })).toMatchObject({ context: undefined, recording: false })
    expect(lines).toMatchObject([{ level: 40, msg: expect.stringContaining('OTEL_EXPORTER_OTLP_ENDPOINT') }])
  })
})
