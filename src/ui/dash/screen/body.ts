import { wrap } from '../../format/fit.ts'
import { plain } from '../../format/plain.ts'
import { GUTTER, type Scene } from '../content.ts'
import { layoutColumns } from '../layout.ts'
import { clipLine, fitLine, type Line, part, widthOfLine } from '../parts.ts'
import { crumbOf } from '../references.ts'
import { rowLine } from '../table-lines.ts'
import { headOf } from './table.ts'
import { TITLES } from './tabs.ts'

/** What fills the middle of the screen: as many lines as there is room for, at most. */
export function bodyLines(scene: Scene): Line[] {
  const { content, frame, model, notes } = scene
  const room = frame.body - notes.length
  return [
    ...lines(scene, room).slice(0, room),
    ...filler(scene, room),
    ...notes.map((note) => noteLine(note, frame.width)),
  ]

  function lines({ place }: Scene, height: number): readonly Line[] {
    if (!model.snapshot) return [[], [part('  Waiting for the first sample …', 'dim')]]
    if (content.kind === 'overview') return content.lines(height)
    const to = place.top + frame.page
    if (content.kind === 'lines') {
      const shown = content.slice(place.top, to)
      return [crumbs(scene), ...listed(shown, scene, ({ parts }) => parts, content.empty)]
    }
    const placed = layoutColumns(content.columns, frame.width - GUTTER)
    const head: Line = [part(' '.repeat(GUTTER)), ...headOf(placed, content.sort)]
    const shown = content.rows.slice(place.top, to)
    const { filter } = model.state.cursors[content.pane.name]
    const empty = filter === '' ? content.pane.empty : 'Nothing fits the filter. Esc clears it.'
    return [head, ...listed(shown, scene, (row) => rowLine(placed, row), empty)]
  }
}

/** Notes are at the bottom, whatever is above them. */
function filler(scene: Scene, room: number): Line[] {
  if (scene.notes.length === 0) return []
  const used = scene.content.kind === 'overview' ? 0 : scene.frame.heading + Math.max(1, shownRows(scene))
  return Array.from({ length: Math.max(0, room - used) }, () => [])
}

function shownRows({ content, place, frame }: Scene): number {
  const count = content.kind === 'table' ? content.rows.length : content.kind === 'lines' ? content.count : 0
  return Math.min(frame.page, count - place.top)
}

function listed<T>(
  shown: readonly T[],
  { place, frame, view }: Scene,
  lineOf: (item: T) => Line,
  empty: string,
): Line[] {
  if (shown.length === 0)
    return wrap(plain(empty), frame.width - GUTTER).map((text) => [part(`  ${text}`, 'dim')])
  return shown.map((item, at) => {
    const isSelected = place.top + at === place.row && view.keys[place.row] !== null
    const line = lineOf(item)
    return isSelected ? selected(line, frame.width) : [part(' '.repeat(GUTTER)), ...line]
  })
}

/** As one bar, without colours of its own; the sign tells it where there are no colours at all. */
function selected(line: Line, width: number): Line {
  const bar = fitLine([part('> '), ...line], width)
  return [{ text: bar.map(({ text }) => text).join(''), inverse: true, bold: true }]
}

/** Where one is: the pane, what was opened from it, and what is shown now. */
function crumbs({ model, content, frame }: Scene): Line {
  const { pane, details } = model.state
  const way = [TITLES[pane], ...details.slice(0, -1).map(({ reference }) => crumbOf(reference))]
  const here = content.kind === 'lines' ? content.title : ''
  const before = part(`${way.join(' › ')} › `, 'dim')
  const room = frame.width - widthOfLine([before])
  return clipLine(
    room < 16 ? [{ text: here, bold: true }] : [before, { text: here, bold: true }],
    frame.width,
  )
}

function noteLine(note: string, width: number): Line {
  return fitLine([part(`  ${note}`, 'warn')], width)
}
