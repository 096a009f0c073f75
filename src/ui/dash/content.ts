import type { PaneName, Snapshot, Target } from '../../runtime/dashboard/index.ts'
import type { DescribeDetail, DetailLine } from './detail.ts'
import { type Frame, frameOf } from './frame.ts'
import { nextSort } from './layout.ts'
import { logKey, logLine, logLines, nameWidth, replicasOf } from './logs/log-lines.ts'
import { memo } from './memo.ts'
import type { Model } from './model.ts'
import { overviewLines } from './overview/lines.ts'
import type { Column, Pane } from './pane.ts'
import type { Line } from './parts.ts'
import { crumbOf, isLoaded, targetOf } from './references.ts'
import { filtered, listRows, type Sort } from './rows.ts'
import { type Keys, type Place, placeOf } from './state/cursor.ts'
import { cursorOf } from './state/state.ts'
import type { View } from './state/view.ts'
import { fitted } from './table-lines.ts'

/** What the screen is made of; given, so that it knows none of them by name. */
export interface Parts {
  /** Tables, in the order of their tabs. */
  readonly panes: readonly Pane<unknown>[]
  readonly describe: DescribeDetail
  /** What a pane cannot show, or not yet. */
  notesOf(snapshot: Snapshot, pane: PaneName): readonly string[]
}

/** What fills the middle of the screen. */
export type Content =
  | {
      readonly kind: 'overview'
      lines(height: number): readonly Line[]
    }
  | {
      readonly kind: 'table'
      readonly pane: Pane<unknown>
      /** Of the pane, as wide as its rows need them, whatever the filter lets through. */
      readonly columns: readonly Column<unknown>[]
      readonly rows: readonly unknown[]
      readonly sort: Sort | undefined
    }
  | {
      readonly kind: 'lines'
      readonly title: string
      readonly count: number
      /** Makes the lines that are visible. */
      slice(from: number, to: number): readonly DetailLine[]
      /** Said where there are none. */
      readonly empty: string
    }

/** The model as it is drawn, and as keys see it. */
export interface Scene {
  readonly model: Model
  readonly frame: Frame
  readonly content: Content
  readonly notes: readonly string[]
  readonly place: Place
  readonly view: View
}

/** Makes scenes; what did not change between two is not made again. */
export function createSceneMaker(parts: Parts): (model: Model) => Scene {
  const rowsOf = memo(listRows)
  const columnsOf = memo((pane: Pane<unknown>, snapshot: Snapshot) =>
    fitted(pane.columns, pane.rows(snapshot)),
  )
  const keysOf = memo((pane: Pane<unknown>, rows: readonly unknown[]) => rows.map((row) => pane.key(row)))
  const logsOf = memo((lines: Model['logs'], replica: string | null, filter: string) =>
    logLines(lines, { replica, filter }),
  )
  const logKeys = memo((lines: Model['logs']) => lines.map(logKey))
  const namesOf = memo(replicasOf)
  const pageOf = memo(parts.describe)
  const linesOf = memo((lines: readonly DetailLine[], filter: string) =>
    filtered(lines, filter, (line) => line.parts.map(({ text }) => text).join('')),
  )
  const lineKeys = memo((lines: readonly DetailLine[]) => lines.map(({ key }) => key ?? null))

  const overview = memo(overviewLines)
  const overviewOf = (snapshot: Snapshot | undefined, width: number) => (height: number) =>
    snapshot ? overview(snapshot, width, height) : []

  function contentOf(model: Model): { content: Content; keys: Keys } {
    const { state, snapshot, size } = model
    const cursor = cursorOf(state)
    const detail = state.details.at(-1)
    if (detail && snapshot) {
      const { reference } = detail
      const { loaded, error } = model.loading
      if (!loaded && isLoaded(reference))
        return { content: blank(crumbOf(reference), error ?? 'Reading …'), keys: [] }
      const width = size.columns - GUTTER
      const described = pageOf({ reference, snapshot, loaded: loaded ?? NOTHING, logs: model.logs, width })
      const lines = linesOf(described.lines, cursor.filter)
      const slice = (from: number, to: number) => lines.slice(from, to)
      const empty = cursor.filter === '' ? 'Nothing here.' : 'Nothing fits the filter.'
      return {
        content: { kind: 'lines', title: described.title, count: lines.length, slice, empty },
        keys: lineKeys(lines),
      }
    }
    if (state.pane === 'logs') return logContent(model)
    const pane = parts.panes.find(({ name }) => name === state.pane)
    if (!pane || !snapshot)
      return { content: { kind: 'overview', lines: overviewOf(snapshot, size.columns) }, keys: [] }
    const sort = state.sorts[state.pane] ?? pane.sort
    const rows = rowsOf(pane, snapshot, cursor.filter, sort)
    const columns = columnsOf(pane, snapshot)
    return { content: { kind: 'table', pane, columns, rows, sort }, keys: keysOf(pane, rows) }
  }

  function logContent({ logs, logsUnknown, state, size }: Model): { content: Content; keys: Keys } {
    const { filter } = cursorOf(state)
    const lines = logsOf(logs, state.replica, filter)
    const width = size.columns - GUTTER
    const name = state.replica === null ? nameWidth(logs, width) : 0
    const empty =
      logs.length === 0 ? (logsUnknown ?? 'Nothing has been logged yet.') : 'Nothing fits the filter.'
    const slice = (from: number, to: number) =>
      lines.slice(from, to).map((line) => logLine(line, name, width, filter))
    const title = state.replica ?? 'all replicas'
    return { content: { kind: 'lines', title, count: lines.length, slice, empty }, keys: logKeys(lines) }
  }

  return (model) => {
    const { state, snapshot, size } = model
    const { content, keys } = contentOf(model)
    const notes = notesOf(model, parts)
    const heading = content.kind === 'overview' ? 0 : 1
    const frame = frameOf(size, Boolean(snapshot?.trouble), heading, notes.length)
    const place = placeOf(cursorOf(state), keys, frame.page)
    const view = viewOf(model, content, keys, frame.page, place.row, namesOf(model.logs))
    return { model, frame, content, notes: notes.slice(0, frame.notes), place, view }
  }
}

/** Cells at the left that mark the selected line. */
export const GUTTER = 2

const NOTHING = {}

function blank(title: string, empty: string): Content {
  return { kind: 'lines', title, count: 0, slice: () => [], empty }
}

/** What is not known of the pane; of a detail, why it is not as new as it could be. */
function notesOf({ state, snapshot, loading }: Model, parts: Parts): readonly string[] {
  if (state.details.length > 0) return loading.loaded && loading.error !== null ? [loading.error] : []
  return snapshot ? parts.notesOf(snapshot, state.pane) : []
}

function viewOf(
  model: Model,
  content: Content,
  keys: Keys,
  page: number,
  row: number,
  replicas: readonly string[],
): View {
  const detail = model.state.details.at(-1)
  const own = detail && model.snapshot ? targetOf(detail.reference, model.snapshot) : undefined
  const { open, target = own } = under(content, row)
  const table = content.kind === 'table' ? content : undefined
  return {
    keys,
    page,
    open,
    target,
    scale: scalable(model, target),
    sort: table?.sort,
    nextSort: table ? nextSort(table.pane.columns, table.sort?.column ?? null) : null,
    replicas,
    attached: model.attached,
  }
}

/** What is selected. */
function under(content: Content, row: number): Pick<View, 'open'> & { target?: Target | undefined } {
  if (row < 0 || content.kind === 'overview') return { open: undefined }
  if (content.kind === 'lines') {
    const [line] = content.slice(row, row + 1)
    return { open: line?.open, ...(line?.target && { target: line.target }) }
  }
  const item = content.rows[row]
  if (item === undefined) return { open: undefined }
  return { open: content.pane.open?.(item), target: content.pane.target?.(item) }
}

/** The role that + and - are about: in the list of replicas, where somebody runs them. */
function scalable({ snapshot, state, readOnly, attached }: Model, target: Target | undefined): View['scale'] {
  const runs = attached || Boolean(snapshot?.context.serve)
  if (readOnly || !runs || state.pane !== 'replicas') return undefined
  if (target?.kind === 'role') return { role: target.role, replicas: target.replicas }
  if (target?.kind !== 'replica') return undefined
  const own = snapshot?.replicas.filter(({ role, state }) => role === target.role && state !== null) ?? []
  return own.length === 0 ? undefined : { role: target.role, replicas: own.length }
}
