import { type DestinationStream, destination, pino, stdSerializers } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { Logger } from '../../kernel/index.ts'
import { traceFields } from '../tracing/index.ts'

export interface LoggerOptions {
  level: string
  /** Bound to every line. */
  bindings: Record<string, string>
  /** Takes each line as JSON; default: stderr, in readable form when that is a terminal. */
  write?: (line: string) => void
}

/** Logs go to stderr: stdout is for data. A line of what is part of a trace says of which: `trace_id`, `span_id`. */
export function createLogger({ level, bindings, write }: LoggerOptions): Logger {
  return pino(
    {
      ...{ level, base: bindings, timestamp: pino.stdTimeFunctions.isoTime, mixin: traceFields },
      serializers: { err: toldOf },
    },
    write ? { write } : standardError(),
  )
}

/** What is said of an error. What Redis was given when it failed may be a prompt, a program or a password: its name is enough. */
function toldOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { previousErrors: _, ...told } = stdSerializers.err(error)
  const { command } = told as { command?: { name?: unknown } | string }
  return typeof command === 'object' ? { ...told, command: command?.name } : told
}

function standardError(): DestinationStream {
  if (!process.stderr.isTTY) return destination({ fd: 2, sync: true })
  const format = logFormatter(process.stderr.hasColors?.() === true)
  return { write: (line: string) => process.stderr.write(`${format(line)}\n`) }
}

/** Turns JSON log lines into one readable line each; other lines are passed through. */
export function logFormatter(colors: boolean): (line: string) => string {
  const pretty = prettyFactory({
    colorize: colors,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname,replica,role,span_id',
  })
  return (line) => {
    const parsed = parse(line)
    if (parsed === undefined) return printable(line)
    try {
      return String(pretty(parsed) ?? '').trimEnd()
    } catch {
      return printable(line) // JSON, but no log line of ours
    }
  }
}

function parse(line: string): object | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line, (_key, value) => withoutControls(value))
  } catch {
    return undefined
  }
}

/** Of a string, or of the keys of an object whose values have been treated already. */
function withoutControls(value: unknown): unknown {
  if (typeof value === 'string') return printable(value, true)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [printable(key), inner]))
}

/** Replaces control characters, so that data can never steer the terminal it is shown on. */
export function printable(text: string, keepNewlines = false): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => {
    if (char === '\t' || (keepNewlines && char === '\n')) return char
    return '\ufffd'
  })
}
