// The only module that knows OpenTelemetry. It is imported when traces are to be sent, and costs nothing otherwise.

import { type Context, SpanKind as Kind, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import {
  AgentctlError,
  type Logger,
  type Span,
  type SpanKind,
  type TraceContext,
  type Tracer,
} from '../../kernel/index.ts'
import { createGate } from './gate.ts'
import type { Sampling, TracingSettings } from './settings.ts'

export interface RecordingOptions {
  settings: TracingSettings
  role: string
  /** This replica's name. */
  instance: string
  version: string
  log: Logger
}

export interface Recording {
  tracer: Tracer
  /** Sends what is left, for a limited time. */
  close(): Promise<void>
}

/** Milliseconds for the last spans of a process; fewer where nobody has taken the ones before. */
const LAST_WORDS = 1_500
const LAST_WORDS_UNHEARD = 250
const KINDS: Readonly<Record<SpanKind, Kind>> = {
  internal: Kind.INTERNAL,
  server: Kind.SERVER,
  client: Kind.CLIENT,
  producer: Kind.PRODUCER,
  consumer: Kind.CONSUMER,
}

export function startRecording({ settings, role, instance, version, log }: RecordingOptions): Recording {
  const gate = createGate(settings.queueSize, log)
  const batches = new BatchSpanProcessor({
    exporter: gate.watch(new OTLPTraceExporter({ url: settings.url })),
    maxQueueSize: settings.queueSize,
    maxExportBatchSize: settings.batch,
    scheduledDelayMillis: settings.interval,
  })
  const own = {
    'service.name': settings.service ?? `agentctl-${role}`,
    'service.version': version,
    'service.instance.id': instance,
    'agentctl.role': role,
  }
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes(own))
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector] })),
    sampler: samplerOf(settings.sampling),
    spanProcessors: [gate.guard(batches)],
  })
  const source = provider.getTracer('agentctl', version)
  return {
    tracer: {
      counts: () => gate.counts,
      begin(name, { parent, kind = 'internal', attributes = {} }) {
        const span = source.startSpan(name, { kind: KINDS[kind], attributes }, contextOf(parent))
        const { traceId, spanId, traceFlags } = span.spanContext()
        return toSpan(span, { traceId, spanId, flags: traceFlags })
      },
    },
    close: () => endWithin(provider.shutdown(), gate.broken ? LAST_WORDS_UNHEARD : LAST_WORDS),
  }
}

function toSpan(span: ReturnType<typeof trace.wrapSpanContext>, context: TraceContext): Span {
  return {
    context,
    recording: span.isRecording(),
    set(attributes) {
      span.setAttributes({ ...attributes })
    },
    // What exactly it says is in the log, under the same trace: it may quote what nobody is to see here.
    fail(error) {
      const type = errorType(error)
      span.setAttribute('error.type', type)
      span.setStatus({ code: SpanStatusCode.ERROR, message: type })
    },
    end: () => span.end(),
  }
}

function errorType(error: unknown): string {
  if (error instanceof AgentctlError) return error.code
  // A status says what it is; whatever else somebody throws may be made of what nobody is to see here.
  if (!(error instanceof Error)) return typeof error === 'number' ? String(error) : typeof error
  return error.cause instanceof AgentctlError ? error.cause.code : error.name
}

function contextOf(parent: TraceContext | undefined): Context {
  if (parent === undefined) return ROOT_CONTEXT
  const { traceId, spanId, flags, remote = false } = parent
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags, isRemote: remote })
}

function samplerOf({ parentBased, ratio }: Sampling): Sampler {
  const root = new TraceIdRatioBasedSampler(ratio)
  return parentBased ? new ParentBasedSampler({ root }) : root
}

async function endWithin(ending: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([ending.catch(() => {}), late])
  clearTimeout(timer)
}
