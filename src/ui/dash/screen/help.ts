import { cell, type Line, part } from '../parts.ts'

const KEYS: readonly (readonly [string, string])[] = [
  ['1 … 7', 'go to a pane'],
  ['Tab Shift-Tab', 'next, previous pane'],
  ['j k ↓ ↑', 'down, up'],
  ['g G Home End', 'first, last'],
  ['PgUp PgDn', 'a page up, down'],
  ['Enter', 'look into it'],
  ['Esc', 'back; clear the filter'],
  ['/', 'filter; all words have to fit'],
  ['s S', 'sort by the next column, turn'],
  ['p', 'pause: nothing is asked'],
  ['r', 'sample now'],
  ['+ -', 'interval; replicas of a role'],
  ['[ ]', 'interval'],
  ['f', 'follow the end of logs'],
  ['← →', 'logs of one replica'],
  ['x', 'actions, each is confirmed'],
  ['Ctrl-L', 'draw everything anew'],
  ['q Ctrl-C', 'quit'],
]

const NAMES = 15
const COLUMN = 46

/** All keys, in as many columns as fit. */
export function helpLines(width: number, height: number): Line[] {
  const columns = Math.max(1, Math.floor(width / COLUMN))
  const column = Math.min(COLUMN, width)
  const rows = Math.ceil(KEYS.length / columns)
  const entries = Array.from(
    { length: rows },
    (_, row): Line =>
      Array.from({ length: columns }, (_, at) => KEYS[at * rows + row]).flatMap((entry) =>
        entry ? [cell(`  ${entry[0]}`, NAMES, 'left', 'accent'), cell(` ${entry[1]}`, column - NAMES)] : [],
      ),
  )
  const title: Line = [{ text: '  Keys', bold: true }]
  const all = height > rows + 2 ? [title, [], ...entries] : entries
  if (all.length <= height) return all
  return [...all.slice(0, height - 1), [part('  There is more in a larger terminal.', 'dim')]]
}
