import stringWidth from 'string-width'
import { GLYPHS } from './glyphs.ts'

const clusters = new Intl.Segmenter()

/** Of text that has been made harmless; what it takes on the terminal. */
export function widthOf(text: string): number {
  return isAscii(text) ? text.length : stringWidth(text)
}

/** Cut and padded to exactly `width` cells. */
export function fit(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = clip(text, width)
  const space = ' '.repeat(Math.max(0, width - widthOf(cut)))
  return align === 'right' ? space + cut : cut + space
}

/** At most `width` cells of a text, with an ellipsis where it was cut. What looks like one character is never cut in half. */
export function clip(text: string, width: number, ellipsis: string = GLYPHS.ellipsis): string {
  if (width <= 0) return ''
  if (widthOf(text) <= width) return text
  const room = width - widthOf(ellipsis)
  return room < 0 ? '' : `${head(text, room)}${ellipsis}`
}

/** The same, cut in the middle: for names, which often begin alike and differ at their ends. */
export function clipMiddle(text: string, width: number, ellipsis: string = GLYPHS.ellipsis): string {
  const room = width - widthOf(ellipsis)
  if (room < 3 || widthOf(text) <= width) return clip(text, width, ellipsis)
  const first = Math.floor(room / 3)
  return `${head(text, first)}${ellipsis}${tail(text, room - first)}`
}

/** A text in lines of at most `width` cells, broken at spaces where that wastes little; at least one line. */
export function wrap(text: string, width: number): string[] {
  const room = Math.max(1, width)
  const lines: string[] = []
  let rest = text
  for (;;) {
    const next = glance(rest, room)
    if (next === rest && widthOf(rest) <= room) return [...lines, rest]
    const line = beforeBreak(head(next, room), rest)
    lines.push(line.trimEnd())
    rest = rest.slice(line.length).trimStart()
    if (rest === '') return lines
  }
}

/** The beginning of a text, long enough for any usual line: what follows is looked at when its turn comes. */
function glance(text: string, room: number): string {
  const end = room * 4 + 64
  if (text.length <= end) return text
  const splits = text.charCodeAt(end) >>> 10 === 0b110111
  return text.slice(0, splits ? end - 1 : end)
}

/** As much of the text as fits, whole grapheme clusters only. */
function head(text: string, room: number): string {
  if (isAscii(text)) return text.slice(0, room)
  let used = 0
  let end = 0
  for (const { segment } of clusters.segment(text)) {
    used += stringWidth(segment)
    if (used > room) break
    end += segment.length
  }
  return text.slice(0, end)
}

/** The same of its end. */
function tail(text: string, room: number): string {
  if (isAscii(text)) return text.slice(-room)
  let used = 0
  let start = text.length
  for (const { segment } of [...clusters.segment(text)].reverse()) {
    used += stringWidth(segment)
    if (used > room) break
    start -= segment.length
  }
  return text.slice(start)
}

/** Up to the last space of a line, unless more than a third of it would be lost; never nothing. */
function beforeBreak(line: string, rest: string): string {
  if (line.trim() === '') return line || firstCluster(rest)
  if (rest[line.length] === ' ') return line
  const space = line.lastIndexOf(' ')
  return space > line.length * 0.66 ? line.slice(0, space + 1) : line
}

function firstCluster(text: string): string {
  return clusters.segment(text).containing(0)?.segment ?? text
}

function isAscii(text: string): boolean {
  return /^[\u0020-\u007e]*$/.test(text)
}
