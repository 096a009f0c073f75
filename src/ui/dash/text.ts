import { Chalk, type ChalkInstance } from 'chalk'
import type { PaneName, Snapshot } from '../../runtime/dashboard/index.ts'
import { age } from '../format/duration.ts'
import { wrap } from '../format/fit.ts'
import { plain } from '../format/plain.ts'
import { TONE_COLORS } from '../theme.ts'
import { roomFor } from './overview/room.ts'
import { stack } from './overview/section.ts'
import { queuesSection, redisSection } from './overview/sections.ts'
import type { Pane } from './pane.ts'
import { findings } from './panes/findings.ts'
import { panes } from './panes/list.ts'
import { notesOf } from './panes/notes.ts'
import { type Line, part } from './parts.ts'
import { listRows } from './rows.ts'
import { tableLines } from './table-lines.ts'

export interface TextOptions {
  /** Cells a line may take. */
  readonly width: number
  readonly colors: boolean
  /** Only this pane, below the header. */
  readonly pane?: PaneName
}

/** The whole dashboard as text: what is wrong, then each pane as a table, by the same columns as on the screen. */
export function snapshotText(snapshot: Snapshot, { width, colors, pane }: TextOptions): string {
  const chalk = new Chalk({ level: colors ? 1 : 0 })
  const room = Math.max(40, width)
  const shown = panes.filter(({ name }) => pane === undefined || name === pane)
  const blocks = [
    [
      ...header(snapshot, room),
      ...(pane === undefined || pane === 'overview' ? overview(snapshot, room) : []),
    ],
    ...shown.map((one) => paneLines(one, snapshot, room)),
  ]
  return blocks.map((lines) => lines.map((line) => paint(line, chalk)).join('\n')).join('\n\n')
}

function header(snapshot: Snapshot, width: number): Line[] {
  const { context, at } = snapshot
  const { serve } = context
  const name = context.name === null ? '' : `${context.name} · `
  const running =
    serve === null
      ? 'no serve runs in this project'
      : `serve ${serve.version}, process ${serve.pid}, up ${age(Date.parse(at) - Date.parse(serve.started_at))}`
  return [
    [{ text: plain(`agentctl dash · ${name}${context.redis}`), bold: true }],
    [part(plain(`${at} · ${running}`), 'dim')],
    ...stack([redisSection(snapshot, width)], width, 10),
  ]
}

/** What is wrong, and the queues, which have no pane of their own. */
function overview(snapshot: Snapshot, width: number): Line[] {
  const found = findings(snapshot)
  const lines = found.flatMap(({ tone, what }): Line[] =>
    wrap(what, width - 2).map((text, index) => [part(`${index === 0 ? '! ' : '  '}${text}`, tone)]),
  )
  return [
    ...stack([queuesSection(snapshot, roomFor(width, 24))], width, Number.POSITIVE_INFINITY),
    [],
    ...(found.length === 0 ? [[part('All is well, as far as it is known.', 'good')]] : lines),
    ...said(notesOf(snapshot, 'overview'), width),
    ...said(notesOf(snapshot, 'logs'), width),
  ]
}

function paneLines(pane: Pane<unknown>, snapshot: Snapshot, width: number): Line[] {
  const rows = listRows(pane, snapshot, '')
  const notes = said(notesOf(snapshot, pane.name), width)
  const title: Line = [{ text: `${pane.title} (${rows.length})`, bold: true }]
  if (rows.length === 0) return [title, [part(pane.empty, 'dim')], ...notes]
  const { head, rows: lines } = tableLines(pane.columns, rows, width, { snug: true })
  return [title, head, ...lines, ...notes]
}

function said(notes: readonly string[], width: number): Line[] {
  return notes.flatMap((note) => wrap(note, width).map((text) => [part(text, 'dim')]))
}

function paint(line: Line, chalk: ChalkInstance): string {
  const last = line.length - 1
  return line
    .map(({ text, tone, bold }, index) => {
      const shown = index === last ? text.trimEnd() : text
      const toned = tone === undefined || shown.trim() === '' ? shown : chalk[TONE_COLORS[tone]](shown)
      return bold ? chalk.bold(toned) : toned
    })
    .join('')
    .trimEnd()
}
