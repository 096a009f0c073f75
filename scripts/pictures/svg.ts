import type { Cell } from './cells.ts'
import { BACKGROUND, BAR, MUTED } from './palette.ts'
import { BASE, HIGH, r, type Shape, shapeOf, WIDE } from './shapes.ts'

/** Pixels around the text, and of the bar above it. */
const [MARGIN, TITLE] = [12, 30]
const FONTS =
  "ui-monospace,'SFMono-Regular','JetBrains Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"

/**
 * A screen as a picture. Every run of text says how long it is, so that it fills its cells whatever font is there.
 * @param title shown in the bar, and to those who cannot see the picture
 */
export function renderSvg(cells: readonly (readonly Cell[])[], title: string): string {
  const cols = Math.max(0, ...cells.map((line) => line.length))
  const [width, height] = [cols * WIDE + 2 * MARGIN, cells.length * HIGH + TITLE + 2 * MARGIN]
  const rows = cells.map((line, row) => renderLine(line, TITLE + MARGIN + row * HIGH))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${r(width)} ${r(height)}" width="${r(width)}" height="${r(height)}" role="img" aria-label="${forXml(title)}">`,
    `<title>${forXml(title)}</title>`,
    `<style>text{font:14px ${FONTS}}.b{font-weight:700}.i{font-style:italic}.d{opacity:.6}.u{text-decoration:underline}</style>`,
    `<rect width="${r(width)}" height="${r(height)}" rx="10" fill="${BACKGROUND}" stroke="${BAR}"/>`,
    `<path d="M0 10a10 10 0 0 1 10-10h${r(width - 20)}a10 10 0 0 1 10 10v${TITLE - 10}h${r(-width)}z" fill="${BAR}"/>`,
    ...['#f38ba8', '#f9e2af', '#a6e3a1'].map(
      (color, i) => `<circle cx="${18 + i * 20}" cy="15" r="6" fill="${color}"/>`,
    ),
    `<text x="${r(width / 2)}" y="20" text-anchor="middle" fill="${MUTED}">${forXml(title)}</text>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n')
}

/** Neighbouring cells that are drawn as one. */
interface Run {
  from: number
  width: number
  text: string
  cell: Cell
}

function renderLine(line: readonly Cell[], y: number): string {
  const runs = runsOf(line)
  const backgrounds = runsOf(line, (a, b) => a.background === b.background)
    .filter(({ cell }) => cell.background !== undefined)
    .map(
      ({ from, width, cell }) =>
        `<rect x="${r(x(from))}" y="${r(y)}" width="${r(width * WIDE)}" height="${HIGH}" fill="${cell.background}"/>`,
    )
  const texts = runs.filter(({ text }) => shapeOf(text, 0, 0) === undefined).flatMap(pieces)
  return [...backgrounds, ...shapesOf(line, y), ...texts.map((run) => renderText(run, y))].join('\n')
}

const x = (col: number) => MARGIN + col * WIDE

/** Shapes of one colour are one path. */
function shapesOf(line: readonly Cell[], y: number): string[] {
  const paths = new Map<string, { shape: Shape; cell: Cell; path: string }>()
  line.forEach((cell, col) => {
    const shape = shapeOf(cell.text, x(col), y)
    if (!shape) return
    const key = `${shape.kind} ${cell.color} ${cell.dim}`
    paths.set(key, { shape, cell, path: (paths.get(key)?.path ?? '') + shape.path })
  })
  return [...paths.values()].map(({ shape: { kind }, cell: { color, dim }, path }) => {
    const paint = kind === 'fill' ? `fill="${color}"` : `fill="none" stroke="${color}"`
    return `<path d="${path}" ${paint}${dim ? ' opacity=".6"' : ''}/>`
  })
}

function renderText({ from, width, text, cell }: Run, y: number): string {
  const names = [cell.bold && 'b', cell.italic && 'i', cell.dim && 'd', cell.underline && 'u']
    .filter(Boolean)
    .join(' ')
  const style = names === '' ? '' : ` class="${names}"`
  return `<text x="${r(x(from))}" y="${r(y + BASE)}" textLength="${r(width * WIDE)}" lengthAdjust="spacingAndGlyphs" fill="${cell.color}"${style}>${forXml(text)}</text>`
}

/** What is between blanks: not every program that draws SVG keeps two of them. */
function pieces({ text, from, width, cell }: Run): Run[] {
  const words = [...text.matchAll(/\S+(?: \S+)*/g)]
  // A wide character is alone in its run.
  if (width !== text.length) return words.map(() => ({ text, from, width, cell }))
  return words.map(({ 0: piece, index }) => ({ text: piece, from: from + index, width: piece.length, cell }))
}

/** Text that fonts have in one width goes together; anything else has its cell for itself. */
function runsOf(line: readonly Cell[], joins = canJoin): Run[] {
  const runs: Run[] = []
  line.forEach((cell, col) => {
    if (cell.width === 0) return
    const last = runs.at(-1)
    if (last && joins(last.cell, cell)) {
      last.text += cell.text
      last.width += cell.width
      last.cell = cell
    } else runs.push({ from: col, width: cell.width, text: cell.text, cell })
  })
  return runs
}

function canJoin(a: Cell, b: Cell): boolean {
  return (
    isPlain(a.text) &&
    isPlain(b.text) &&
    a.color === b.color &&
    a.bold === b.bold &&
    a.dim === b.dim &&
    a.italic === b.italic &&
    a.underline === b.underline
  )
}

function isPlain(text: string): boolean {
  return /^[\x20-\x7e]$/.test(text)
}

/** For XML, without what it cannot hold. */
function forXml(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
