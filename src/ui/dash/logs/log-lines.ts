import type { LogLine } from '../../../runtime/supervisor/index.ts'
import { clip, widthOf } from '../../format/fit.ts'
import { byName } from '../../format/order.ts'
import type { DetailLine, Part } from '../detail.ts'
import { cell, part } from '../parts.ts'
import { filtered, wordsOf } from '../rows.ts'
import { recordOf } from './record.ts'

export interface LogChoice {
  /** Null for all. */
  readonly replica: string | null
  readonly filter: string
}

/** Lines have no name of their own: they are counted as they come. */
const numbers = new WeakMap<LogLine, number>()
let count = 0

/** What has been logged as lines of the screen; Enter leads to the replica. */
export function logLines(all: readonly LogLine[], { replica, filter }: LogChoice): readonly LogLine[] {
  for (const line of all) {
    if (!numbers.has(line)) numbers.set(line, ++count)
  }
  const own = replica === null ? all : all.filter((line) => line.replica === replica)
  return filtered(own, filter, (line) => `${line.replica} ${recordOf(line).level} ${recordOf(line).text}`)
}

export function logKey(line: LogLine): string {
  return `log ${numbers.get(line) ?? 0}`
}

/** @param name cells of the column with the replica; 0 leaves it out */
export function logLine(line: LogLine, name: number, width: number, filter = ''): DetailLine {
  const { time, replica, level, tone, text } = recordOf(line)
  const before: Part[] = [{ text: `${time} `, tone: 'dim' }]
  if (name > 0) before.push(cell(replica, name, 'left', 'accent'), part(' '))
  before.push(cell(level, 5, 'left', tone), part(' '))
  const room = width - before.reduce((sum, { text }) => sum + widthOf(text), 0)
  const shown = clip(text, Math.max(0, room))
  return {
    key: logKey(line),
    open: { kind: 'replica', name: line.replica },
    parts: [...before, ...marked(shown, wordsOf(filter), tone === 'dim' ? undefined : tone)],
  }
}

/** Names of those that have logged something, in order. */
export function replicasOf(lines: readonly LogLine[]): string[] {
  const names = new Set(lines.map(({ replica }) => replica))
  return [...names].sort(byName)
}

/** Cells that the names of replicas take, within reason. */
export function nameWidth(lines: readonly LogLine[], width: number): number {
  const longest = Math.max(0, ...replicasOf(lines).map((name) => widthOf(name)))
  return Math.min(longest, Math.floor(width / 4), 24)
}

/** A text with what is looked for in bold. */
export function marked(text: string, words: readonly string[], tone: Part['tone']): Part[] {
  if (words.length === 0) return [part(text, tone)]
  const pattern = new RegExp(
    `(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`,
    'gi',
  )
  return text
    .split(pattern)
    .map(
      (part, at): Part =>
        at % 2 === 1 ? { text: part, tone: 'accent', bold: true } : { text: part, ...(tone && { tone }) },
    )
    .filter((part) => part.text !== '')
}
