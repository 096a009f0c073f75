/** A key that was pressed: one with a name, or a character. */
export type Stroke = { readonly key: NamedKey } | { readonly text: string }

export type NamedKey =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'tab'
  | 'shift-tab'
  | 'backspace'
  | 'ctrl-c'
  | 'ctrl-l'
  | 'ctrl-u'

/** What Ink says of a key. */
export interface InkKey {
  readonly upArrow: boolean
  readonly downArrow: boolean
  readonly leftArrow: boolean
  readonly rightArrow: boolean
  readonly pageUp: boolean
  readonly pageDown: boolean
  readonly home: boolean
  readonly end: boolean
  readonly return: boolean
  readonly escape: boolean
  readonly tab: boolean
  readonly shift: boolean
  readonly ctrl: boolean
  readonly meta: boolean
  readonly backspace: boolean
  readonly delete: boolean
}

const CONTROLS: Readonly<Record<string, NamedKey>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u0003': 'ctrl-c',
  '\u000c': 'ctrl-l',
  '\u0015': 'ctrl-u',
}

/** Keys as Ink tells them; several that came at once, as from a fast typist, are told as one text. */
export function strokesOf(input: string, key: InkKey): Stroke[] {
  const named = nameOf(input, key)
  if (named) return [{ key: named }]
  if (key.ctrl) return []
  // With Alt, or right after Esc: terminals send the same for both, and nothing here is done with Alt.
  if (key.meta) return [{ key: 'escape' }, ...charactersOf(input)]
  return charactersOf(input)
}

/** A text as if it were typed. Control characters that are no key are left out. */
export function charactersOf(text: string): Stroke[] {
  const strokes: Stroke[] = []
  for (const { segment } of new Intl.Segmenter().segment(text.replaceAll('\r\n', '\r'))) {
    const key = CONTROLS[segment]
    if (key) strokes.push({ key })
    else if (!/^\p{Cc}/u.test(segment)) strokes.push({ text: segment })
  }
  return strokes
}

function nameOf(input: string, key: InkKey): NamedKey | undefined {
  if (key.ctrl) return input === 'c' || input === 'l' || input === 'u' ? `ctrl-${input}` : undefined
  if (key.upArrow) return 'up'
  if (key.downArrow) return 'down'
  if (key.leftArrow) return 'left'
  if (key.rightArrow) return 'right'
  if (key.pageUp) return 'page-up'
  if (key.pageDown) return 'page-down'
  if (key.home) return 'home'
  if (key.end) return 'end'
  if (key.return) return 'enter'
  if (key.escape) return 'escape'
  if (key.tab) return key.shift ? 'shift-tab' : 'tab'
  return key.backspace || key.delete ? 'backspace' : undefined
}
