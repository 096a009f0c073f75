import { compact } from '../../format/number.ts'
import { plain } from '../../format/plain.ts'
import type { Scene } from '../content.ts'
import { fitLine, type Line, part, widthOfLine } from '../parts.ts'
import { cursorOf, modeOf } from '../state/state.ts'

/** Milliseconds that a sentence about what was done stays. */
const NOTICE = 10_000

/** What was done, what is looked for, and where in the list one is. */
export function statusLine(scene: Scene): Line {
  const { model, frame } = scene
  const right = [part(positionOf(scene), 'dim')]
  const left = fitLine([part(' '), ...sayingOf(model)], Math.max(0, frame.width - widthOfLine(right) - 1))
  return fitLine([...left, ...right], frame.width)
}

function sayingOf({ state, now }: Scene['model']): Line {
  const { filter } = cursorOf(state)
  if (state.filtering) return [part('/', 'accent'), part(plain(filter)), { text: ' ', inverse: true }]
  if (state.notice && now - state.notice.at < NOTICE) return [part(state.notice.text, state.notice.tone)]
  if (filter === '') return []
  return [part('filter ', 'dim'), part(plain(filter), 'accent'), part('  Esc clears it', 'dim')]
}

function positionOf({ content, place, model, frame }: Scene): string {
  if (content.kind === 'overview') return ''
  const count = content.kind === 'table' ? content.rows.length : content.count
  const follow = cursorOf(model.state).follow ? 'following · ' : ''
  if (count === 0) return follow.replace(' · ', ' ')
  const at = place.row >= 0 ? place.row + 1 : Math.min(count, place.top + frame.page)
  return `${follow}${compact(at)} of ${compact(count)} `
}

/** What keys do at the moment, the most important first. */
export function keysLine(scene: Scene): Line {
  const line: Line[] = []
  let room = scene.frame.width - 1
  for (const [keys, what] of hintsOf(scene)) {
    const hint: Line = [{ text: keys, tone: 'accent' }, part(` ${what}  `, 'dim')]
    room -= widthOfLine(hint)
    if (room < 0) break
    line.push(hint)
  }
  return fitLine([part(' '), ...line.flat()], scene.frame.width)
}

type Hint = readonly [keys: string, what: string]

function hintsOf({ model, content, view }: Scene): Hint[] {
  const mode = modeOf(model.state)
  if (mode === 'filter')
    return [
      ['Enter', 'keep'],
      ['Esc', 'clear'],
      ['↑↓', 'move'],
    ]
  if (mode === 'help') return [['Esc', 'close']]
  if (mode === 'menu')
    return [
      ['j/k', 'choose'],
      ['Enter', 'go on'],
      ['Esc', 'cancel'],
    ]
  if (mode === 'yes-no')
    return [
      ['y', 'yes'],
      ['n', 'no'],
    ]
  if (mode === 'typing')
    return [
      ['Enter', 'do it'],
      ['Esc', 'cancel'],
    ]
  if (mode === 'waiting') return [['Esc', 'close']]
  const { state } = model
  const isList = content.kind !== 'overview'
  const isLogs = state.pane === 'logs' && state.details.length === 0
  const all: (Hint | false)[] = [
    ['q', 'quit'],
    ['?', 'help'],
    state.details.length > 0 ? ['Esc', 'back'] : ['1-7', 'panes'],
    isList && ['j/k', 'move'],
    view.open !== undefined && ['Enter', 'open'],
    isList && ['/', 'filter'],
    content.kind === 'table' && ['s/S', 'sort'],
    isLogs && ['←→', 'replica'],
    (isLogs || state.details.length > 0) && ['f', 'follow'],
    view.target !== undefined && !model.readOnly && ['x', 'actions'],
    view.scale !== undefined && ['+/-', `scale ${plain(view.scale.role)}`],
    ['p', state.paused ? 'go on' : 'pause'],
    ['r', 'refresh'],
    view.scale === undefined ? ['+/-', 'interval'] : ['[ ]', 'interval'],
  ]
  return all.filter((hint) => hint !== false)
}
