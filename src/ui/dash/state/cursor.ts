/** Where one is in a list of lines: on a line that is recognised by its key, and how far it is scrolled. */
export interface Cursor {
  /** Key of the selected line; null until one was chosen: then `row` counts. */
  readonly selected: string | null
  readonly row: number
  /** The first line that is visible. */
  readonly top: number
  /** Whether the end stays in view when lines are added. */
  readonly follow: boolean
  readonly filter: string
}

export const START: Cursor = { selected: null, row: 0, top: 0, follow: false, filter: '' }

/** Keys of all lines; null for those that cannot be selected. */
export type Keys = readonly (string | null)[]

/** Of `keys`, the selected one (-1 without any) and the first that is visible, as lines are now. */
export interface Place {
  readonly row: number
  readonly top: number
}

/**
 * Finds the selected line again, wherever it went. Where it is gone, the one that took its place is selected. Lists of which every
 * line can be selected are scrolled to it.
 */
export function placeOf(cursor: Cursor, keys: Keys, page: number): Place {
  const last = Math.max(0, keys.length - page)
  if (cursor.follow) return { row: selectable(keys, keys.length - 1, -1), top: last }
  const row = rowOf(cursor, keys)
  const top = clamp(cursor.top, 0, last)
  return { row, top: row >= 0 && !isMixed(keys) ? shown(row, top, page) : top }
}

/** By so many lines. At the end of what can be selected, the rest is scrolled. */
export function moved(cursor: Cursor, keys: Keys, page: number, by: number): Cursor {
  const place = placeOf(cursor, keys, page)
  if (!isMixed(keys)) return at(cursor, keys, page, clamp(place.row + by, 0, keys.length - 1), place.top)
  const step = Math.sign(by)
  const next = selectable(keys, place.row + step, step)
  const near = next >= place.top - page && next < place.top + 2 * page
  if (Math.abs(by) === 1 && next >= 0 && near) return at(cursor, keys, page, next, place.top)
  return scrolled(cursor, keys, page, place.top + by)
}

/** To the first line, or to the last. */
export function movedToEnd(cursor: Cursor, keys: Keys, page: number, end: 'first' | 'last'): Cursor {
  const row = end === 'first' ? 0 : keys.length - 1
  if (isMixed(keys)) return atEdge(scrolled(cursor, keys, page, row), keys, page, end)
  return at(cursor, keys, page, row, placeOf(cursor, keys, page).top)
}

function at(cursor: Cursor, keys: Keys, page: number, row: number, top: number): Cursor {
  if (keys.length === 0) return { ...cursor, follow: false }
  return { ...cursor, selected: keys[row] ?? null, row, top: shown(row, top, page), follow: false }
}

/** Scrolls to a line; what is selected stays so while it can be seen. */
function scrolled(cursor: Cursor, keys: Keys, page: number, to: number): Cursor {
  const top = clamp(to, 0, Math.max(0, keys.length - page))
  const row = rowOf(cursor, keys)
  const seen = row >= top && row < top + page
  const other = selectable(keys.slice(0, top + page), top, 1)
  const chosen = seen || other < 0 ? row : other
  return {
    ...cursor,
    selected: keys[chosen] ?? cursor.selected,
    row: Math.max(0, chosen),
    top,
    follow: false,
  }
}

/** On the first or the last line that can be selected, of those that are visible. */
function atEdge(cursor: Cursor, keys: Keys, page: number, end: 'first' | 'last'): Cursor {
  const bottom = Math.min(cursor.top + page, keys.length) - 1
  const row = end === 'first' ? selectable(keys, cursor.top, 1) : selectable(keys, bottom, -1)
  return row < cursor.top || row > bottom ? cursor : { ...cursor, selected: keys[row] ?? null, row }
}

function rowOf(cursor: Cursor, keys: Keys): number {
  const found = cursor.selected === null ? -1 : keys.indexOf(cursor.selected)
  if (found >= 0) return found
  const near = clamp(cursor.row, 0, keys.length - 1)
  const after = selectable(keys, near, 1)
  return after >= 0 ? after : selectable(keys, near, -1)
}

/** The next line from `from` on that can be selected; -1 where there is none. */
function selectable(keys: Keys, from: number, step: number): number {
  for (let row = from; row >= 0 && row < keys.length; row += step || 1) {
    if (keys[row] !== null) return row
  }
  return -1
}

/** Whether some lines cannot be selected. */
function isMixed(keys: Keys): boolean {
  return keys.includes(null)
}

/** Scrolls no further than it takes to see the row. */
function shown(row: number, top: number, page: number): number {
  return clamp(top, row - page + 1, row)
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value))
}
