type Environment = Readonly<Record<string, string | undefined>>

/** Which of the traces that begin here are recorded; of others whoever began them has decided, unless `parentBased` is false. */
export interface Sampling {
  parentBased: boolean
  /** Share from 0 to 1. */
  ratio: number
}

export interface TracingSettings {
  /** Where traces are sent to, as OTLP in JSON. */
  url: string
  /** Name of the service when the environment gives one. */
  service: string | undefined
  sampling: Sampling
  /** Spans that may wait to be sent; what comes beyond is dropped. */
  queueSize: number
  /** Milliseconds between two sendings. */
  interval: number
  /** Spans sent at once. */
  batch: number
}

export interface ReadSettings {
  /** Undefined: nothing is to be recorded. */
  settings: TracingSettings | undefined
  /** What is wrong with the variables, each by its name. */
  warnings: string[]
}

const TRACES_ENDPOINT = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT'
const PROTOCOLS = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']
const SAMPLERS: Readonly<Record<string, (ratio: () => number) => Sampling>> = {
  always_on: () => ({ parentBased: false, ratio: 1 }),
  always_off: () => ({ parentBased: false, ratio: 0 }),
  traceidratio: (ratio) => ({ parentBased: false, ratio: ratio() }),
  parentbased_always_on: () => ({ parentBased: true, ratio: 1 }),
  parentbased_always_off: () => ({ parentBased: true, ratio: 0 }),
  parentbased_traceidratio: (ratio) => ({ parentBased: true, ratio: ratio() }),
}
const EVERYTHING: Sampling = { parentBased: true, ratio: 1 }

/**
 * Reads the standard variables of OpenTelemetry. As the standard says, a value that makes no sense is warned of, and nothing
 * fails for it. Those not read here (headers, timeout, certificates, resource attributes) are read by its libraries.
 */
export function readTracingSettings(env: Environment): ReadSettings {
  const warnings: string[] = []
  const value = (name: string) => env[name]?.trim() || undefined
  const url = isDisabled() ? undefined : endpoint()
  if (url === undefined) return { settings: undefined, warnings }
  for (const name of PROTOCOLS)
    if (value(name) === 'grpc') warnings.push(`${name} is "grpc": traces are sent over HTTP all the same`)
  const queueSize = whole('OTEL_BSP_MAX_QUEUE_SIZE', 2_048)
  return {
    settings: {
      url,
      service: value('OTEL_SERVICE_NAME'),
      sampling: sampling(),
      queueSize,
      interval: whole('OTEL_BSP_SCHEDULE_DELAY', 5_000),
      batch: Math.min(queueSize, whole('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512)),
    },
    warnings,
  }

  function isDisabled(): boolean {
    const exporter = value('OTEL_TRACES_EXPORTER') ?? 'otlp'
    if (!['otlp', 'none'].includes(exporter))
      warnings.push(`OTEL_TRACES_EXPORTER is "${exporter}", which is not known: use "otlp" or "none"`)
    return value('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' || exporter !== 'otlp'
  }

  function endpoint(): string | undefined {
    const own = value(TRACES_ENDPOINT)
    if (own !== undefined) return checkedUrl(TRACES_ENDPOINT, own)
    const base = value(ENDPOINT)
    return base && checkedUrl(ENDPOINT, base) && `${base.replace(/\/+$/, '')}/v1/traces`
  }

  function checkedUrl(name: string, url: string): string | undefined {
    if (/^https?:/.test(url) && URL.canParse(url)) return url
    // Not the value: an address may hold a password.
    warnings.push(`${name} is not an http:// or https:// address: no traces are sent`)
    return undefined
  }

  function sampling(): Sampling {
    const name = value('OTEL_TRACES_SAMPLER')
    if (name === undefined) return EVERYTHING
    if (Object.hasOwn(SAMPLERS, name)) return SAMPLERS[name]?.(ratio) ?? EVERYTHING
    warnings.push(
      `OTEL_TRACES_SAMPLER is "${name}": use one of ${Object.keys(SAMPLERS).join(', ')}; all is recorded`,
    )
    return EVERYTHING
  }

  function ratio(): number {
    const text = value('OTEL_TRACES_SAMPLER_ARG')
    const share = Number(text ?? 1)
    if (share >= 0 && share <= 1) return share
    warnings.push(`OTEL_TRACES_SAMPLER_ARG is "${text}": it must be from 0 to 1; all is recorded`)
    return 1
  }

  function whole(name: string, fallback: number): number {
    const text = value(name)
    if (text === undefined) return fallback
    const number = Number(text)
    if (Number.isInteger(number) && number > 0) return number
    warnings.push(`${name} is "${text}": it must be a whole number from 1; it is ${fallback} then`)
    return fallback
  }
}
