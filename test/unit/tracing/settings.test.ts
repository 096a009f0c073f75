import { describe, expect, it } from 'vitest'
import { readTracingSettings } from '../../../src/runtime/platform/tracing/settings.ts'

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

describe('the variables of OpenTelemetry', () => {
  it.each([
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
    { OTEL_SERVICE_NAME: 'shop' },
    { ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' },
    { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' },
  ])('ask for nothing: %j', (env) => {
    expect(readTracingSettings(env)).toEqual({ settings: undefined, warnings: [] })
  })

  it('say where traces go, and all else is as the standard has it', () => {
    expect(readTracingSettings(ENDPOINT)).toEqual({
      settings: {
        url: 'http://collector:4318/v1/traces',
        service: undefined,
        sampling: { parentBased: true, ratio: 1 },
        queueSize: 2_048,
        interval: 5_000,
        batch: 512,
      },
      warnings: [],
    })
  })

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c.example/otlp/' }, 'https://c.example/otlp/v1/traces'],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t:1/in' }, 'http://t:1/in'],
  ])('give the address %j', (env, url) => {
    expect(readTracingSettings(env).settings?.url).toBe(url)
  })

  it.each([
    ['always_on', undefined, { parentBased: false, ratio: 1 }],
    ['always_off', undefined, { parentBased: false, ratio: 0 }],
    ['traceidratio', '0.25', { parentBased: false, ratio: 0.25 }],
    ['parentbased_always_on', '0.5', { parentBased: true, ratio: 1 }],
    ['parentbased_always_off', undefined, { parentBased: true, ratio: 0 }],
    ['parentbased_traceidratio', '0.1', { parentBased: true, ratio: 0.1 }],
    ['parentbased_traceidratio', undefined, { parentBased: true, ratio: 1 }],
  ])('choose the sampler %s %s', (name, share, sampling) => {
    const env = { ...ENDPOINT, OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: share }
    expect(readTracingSettings(env)).toMatchObject({ settings: { sampling }, warnings: [] })
  })

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', false],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'nonsense', false],
    ['OTEL_TRACES_EXPORTER', 'zipkin', false],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', true],
    ['OTEL_TRACES_SAMPLER', 'sometimes', true],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '-1', true],
    ['OTEL_BSP_SCHEDULE_DELAY', 'soon', true],
  ])('are warned of by name: %s=%s', (name, value, on) => {
    const { settings, warnings } = readTracingSettings({ ...ENDPOINT, [name]: value })
    expect(warnings).toEqual([expect.stringContaining(name)])
    expect(settings !== undefined).toBe(on)
  })

  it.each(['2', '-0.1', 'half'])('record everything where the share is %s', (share) => {
    const env = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: share }
    const { settings, warnings } = readTracingSettings({ ...ENDPOINT, ...env })
    expect(settings?.sampling.ratio).toBe(1)
    expect(warnings).toEqual([expect.stringContaining('OTEL_TRACES_SAMPLER_ARG')])
  })

  it('are not quoted where an address may hold a password', () => {
    const { warnings } = readTracingSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'ftp://user:secret@host' })
    expect(warnings.join()).not.toContain('secret')
  })
})
