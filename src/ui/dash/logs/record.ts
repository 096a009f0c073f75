import type { LogLine } from '../../../runtime/supervisor/index.ts'
import { clock } from '../../format/duration.ts'
import { plain } from '../../format/plain.ts'
import type { Tone } from '../pane.ts'

/** A line of a log as it is shown: harmless, one line. */
export interface LogRecord {
  readonly time: string
  readonly replica: string
  /** Such as `WARN`; empty for lines that have none. */
  readonly level: string
  readonly tone: Tone | undefined
  readonly text: string
}

/** Levels of pino, as they count. */
const LEVELS: readonly { from: number; name: string; tone: Tone | undefined }[] = [
  { from: 60, name: 'FATAL', tone: 'bad' },
  { from: 50, name: 'ERROR', tone: 'bad' },
  { from: 40, name: 'WARN', tone: 'warn' },
  { from: 30, name: 'INFO', tone: undefined },
  { from: 20, name: 'DEBUG', tone: 'dim' },
  { from: 0, name: 'TRACE', tone: 'dim' },
]

/** Said in columns of their own, or of no use to whoever looks. */
const ELSEWHERE = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'replica', 'role', 'name'])

const known = new WeakMap<LogLine, LogRecord>()

/** Each line is taken apart once. */
export function recordOf(line: LogLine): LogRecord {
  const made = known.get(line) ?? read(line)
  known.set(line, made)
  return made
}

function read(line: LogLine): LogRecord {
  const own = { time: clock(line.time), replica: plain(line.replica) }
  const fields = parse(line.line)
  if (!fields) return { ...own, level: '', tone: undefined, text: plain(line.line) }
  const level = LEVELS.find(({ from }) => Number(fields.level) >= from)
  const others = Object.entries(fields)
    .filter(([name]) => !ELSEWHERE.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const text = [fields.msg ?? '', ...others].join(' ')
  return { ...own, level: level?.name ?? '', tone: level?.tone, text: plain(text) }
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
