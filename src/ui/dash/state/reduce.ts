import type { PaneName } from '../../../runtime/dashboard/index.ts'
import type { DetailRef } from '../pane.ts'
import type { Sort } from '../rows.ts'
import { type Cursor, moved, movedToEnd, START } from './cursor.ts'
import { accepted, cancelled, chosen, scaled, typedIn } from './dialog.ts'
import type { Intent } from './intent.ts'
import { cursorOf, type DashState, INTERVALS, PANES, type Step, withCursor } from './state.ts'
import { withoutLast } from './typing.ts'
import type { View } from './view.ts'

/** Decides what a key does. Pure: what is to be done outside is returned. */
export function reduce(state: DashState, intent: Intent, view: View): Step {
  switch (intent.do) {
    case 'move':
      return walk(state, (cursor) => moved(cursor, view.keys, view.page, intent.by))
    case 'page':
      return walk(state, (cursor) => moved(cursor, view.keys, view.page, intent.by * view.page))
    case 'end':
      return walk(state, (cursor) => toEnd(state, cursor, view, intent.end))
    case 'tab':
      return only(
        onPane(state, PANES.at((PANES.indexOf(state.pane) + intent.by) % PANES.length) ?? state.pane),
      )
    case 'pane':
      return only(onPane(state, intent.pane))
    case 'open':
      return only(view.open ? opened(state, view.open) : state)
    case 'back':
      return only(back(state))
    case 'filter':
      return only({ ...state, filtering: state.pane !== 'overview' || state.details.length > 0 })
    case 'filtered':
      return only({ ...state, filtering: false })
    case 'filter-clear':
      return only(cleared(state, intent.leave))
    case 'type':
      return only(state.filtering ? filter(state, (text) => text + intent.text) : typedIn(state, intent.text))
    case 'erase':
      return only(state.filtering ? filter(state, withoutLast) : typedIn(state, null))
    case 'sort':
      return only(
        sorted(state, view.nextSort === null ? undefined : { column: view.nextSort, descending: false }),
      )
    case 'reverse':
      return only(sorted(state, view.sort && { ...view.sort, descending: !view.sort.descending }))
    case 'pause':
      return { state: { ...state, paused: !state.paused }, effects: [{ do: 'pause', paused: !state.paused }] }
    case 'interval':
      return paced(state, intent.by)
    case 'plus':
      return state.dialog || view.scale ? scaled(state, view.scale, intent.by) : paced(state, intent.by)
    case 'follow':
      return only(followed(state))
    case 'replica':
      return only(nextReplica(state, view.replicas, intent.by))
    case 'help':
      return only({ ...state, help: !state.help })
    case 'actions':
      return { state, effects: [{ do: 'offer', target: view.target }] }
    case 'choose':
      return only(chosen(state, intent.by))
    case 'accept':
      return accepted(state)
    case 'cancel':
      return only(cancelled(state))
    case 'quit':
      if (view.attached) return only({ ...state, dialog: { step: 'quit' } })
      return { state, effects: [{ do: 'quit' }] }
    case 'refresh':
    case 'stop':
    case 'redraw':
      return { state, effects: [{ do: intent.do }] }
  }
}

function only(state: DashState): Step {
  return { state, effects: [] }
}

function walk(state: DashState, move: (cursor: Cursor) => Cursor): Step {
  return only(withCursor(state, move(cursorOf(state))))
}

/** At the end of logs, new lines are followed. */
function toEnd(state: DashState, cursor: Cursor, view: View, end: 'first' | 'last'): Cursor {
  const there = movedToEnd(cursor, view.keys, view.page, end)
  return end === 'last' && isLogs(state) ? { ...there, follow: true } : there
}

function onPane(state: DashState, pane: PaneName): DashState {
  return { ...state, pane, details: [], filtering: false, notice: null }
}

function opened(state: DashState, reference: DetailRef): DashState {
  return { ...state, details: [...state.details, { reference, cursor: START }] }
}

function back(state: DashState): DashState {
  if (state.details.length > 0) return { ...state, details: state.details.slice(0, -1) }
  return cleared(state, true)
}

function filter(state: DashState, change: (text: string) => string): DashState {
  const cursor = cursorOf(state)
  return withCursor(state, { ...cursor, filter: change(cursor.filter) })
}

function cleared(state: DashState, leave: boolean): DashState {
  if (state.dialog) return typedIn(state, '')
  const empty = filter(state, () => '')
  return leave ? { ...empty, filtering: false } : empty
}

function sorted(state: DashState, sort: Sort | undefined): DashState {
  return sort ? { ...state, sorts: { ...state.sorts, [state.pane]: sort } } : state
}

function paced(state: DashState, by: number): Step {
  const at = INTERVALS.findIndex((ms) => ms >= state.interval)
  const from = at < 0 ? INTERVALS.length - 1 : at
  const ms = INTERVALS[Math.max(0, Math.min(INTERVALS.length - 1, from + by))] ?? state.interval
  return { state: { ...state, interval: ms }, effects: [{ do: 'interval', ms }] }
}

function followed(state: DashState): DashState {
  if (!isLogs(state) && state.details.length === 0) return state
  const cursor = cursorOf(state)
  return withCursor(state, { ...cursor, follow: !cursor.follow })
}

function nextReplica(state: DashState, replicas: readonly string[], by: number): DashState {
  if (!isLogs(state)) return state
  const choice = [null, ...replicas]
  const at = Math.max(0, choice.indexOf(state.replica))
  return { ...state, replica: choice.at((at + by) % choice.length) ?? null }
}

function isLogs(state: DashState): boolean {
  return state.pane === 'logs' && state.details.length === 0
}
