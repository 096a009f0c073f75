import type { Intent } from './intent.ts'
import type { Stroke } from './strokes.ts'

/** What keys are about at the moment: a letter that is typed into a filter is text. */
export type Mode = 'normal' | 'filter' | 'help' | 'menu' | 'yes-no' | 'typing' | 'waiting'

type Bindings = Readonly<Record<string, Intent>>

const MOVES: Bindings = {
  up: { do: 'move', by: -1 },
  down: { do: 'move', by: 1 },
  'page-up': { do: 'page', by: -1 },
  'page-down': { do: 'page', by: 1 },
  home: { do: 'end', end: 'first' },
  end: { do: 'end', end: 'last' },
}

const NORMAL: Bindings = {
  ...MOVES,
  k: { do: 'move', by: -1 },
  j: { do: 'move', by: 1 },
  g: { do: 'end', end: 'first' },
  G: { do: 'end', end: 'last' },
  ' ': { do: 'page', by: 1 },
  b: { do: 'page', by: -1 },
  left: { do: 'replica', by: -1 },
  right: { do: 'replica', by: 1 },
  tab: { do: 'tab', by: 1 },
  'shift-tab': { do: 'tab', by: -1 },
  '1': { do: 'pane', pane: 'overview' },
  '2': { do: 'pane', pane: 'streams' },
  '3': { do: 'pane', pane: 'groups' },
  '4': { do: 'pane', pane: 'replicas' },
  '5': { do: 'pane', pane: 'latency' },
  '6': { do: 'pane', pane: 'logs' },
  '7': { do: 'pane', pane: 'letters' },
  enter: { do: 'open' },
  escape: { do: 'back' },
  backspace: { do: 'back' },
  '/': { do: 'filter' },
  s: { do: 'sort' },
  S: { do: 'reverse' },
  p: { do: 'pause' },
  r: { do: 'refresh' },
  '+': { do: 'plus', by: 1 },
  '=': { do: 'plus', by: 1 },
  '-': { do: 'plus', by: -1 },
  ']': { do: 'interval', by: 1 },
  '[': { do: 'interval', by: -1 },
  f: { do: 'follow' },
  '?': { do: 'help' },
  x: { do: 'actions' },
  q: { do: 'quit' },
}

const FILTER: Bindings = {
  ...MOVES,
  enter: { do: 'filtered' },
  escape: { do: 'filter-clear', leave: true },
  tab: { do: 'tab', by: 1 },
  'shift-tab': { do: 'tab', by: -1 },
  backspace: { do: 'erase' },
  'ctrl-u': { do: 'filter-clear', leave: false },
}

const HELP: Bindings = {
  escape: { do: 'help' },
  enter: { do: 'help' },
  '?': { do: 'help' },
  q: { do: 'help' },
}

const MENU: Bindings = {
  up: { do: 'choose', by: -1 },
  down: { do: 'choose', by: 1 },
  k: { do: 'choose', by: -1 },
  j: { do: 'choose', by: 1 },
  enter: { do: 'accept' },
  escape: { do: 'cancel' },
  q: { do: 'cancel' },
  x: { do: 'cancel' },
}

const YES_NO: Bindings = {
  y: { do: 'accept' },
  Y: { do: 'accept' },
  n: { do: 'cancel' },
  N: { do: 'cancel' },
  q: { do: 'cancel' },
  escape: { do: 'cancel' },
  '+': { do: 'plus', by: 1 },
  '=': { do: 'plus', by: 1 },
  '-': { do: 'plus', by: -1 },
}

const TYPING: Bindings = {
  enter: { do: 'accept' },
  escape: { do: 'cancel' },
  backspace: { do: 'erase' },
  'ctrl-u': { do: 'filter-clear', leave: false },
}

/** While something is under way, one can only stop looking at it. */
const WAITING: Bindings = { escape: { do: 'cancel' } }

const BINDINGS: Readonly<Record<Mode, Bindings>> = {
  normal: NORMAL,
  filter: FILTER,
  help: HELP,
  menu: MENU,
  'yes-no': YES_NO,
  typing: TYPING,
  waiting: WAITING,
}

/** What a key means; undefined for one that means nothing. Ctrl-C always ends, Ctrl-L always draws everything anew. */
export function intentOf(stroke: Stroke, mode: Mode): Intent | undefined {
  const name = 'key' in stroke ? stroke.key : stroke.text
  if (name === 'ctrl-c') return { do: 'stop' }
  if (name === 'ctrl-l') return { do: 'redraw' }
  const typed = mode === 'filter' || mode === 'typing'
  if (typed && 'text' in stroke) return { do: 'type', text: stroke.text }
  return Object.hasOwn(BINDINGS[mode], name) ? BINDINGS[mode][name] : undefined
}
