import { clip, clipMiddle, fit, widthOf } from '../format/fit.ts'
import type { Part } from './detail.ts'
import type { Tone } from './pane.ts'

/** One line of the screen, in its colours. */
export type Line = readonly Part[]

export function part(text: string, tone?: Tone): Part {
  return tone === undefined ? { text } : { text, tone }
}

export function cell(text: string, width: number, align: 'left' | 'right' = 'left', tone?: Tone): Part {
  return part(fit(text, width, align), tone)
}

/** A cell with a name: where it is cut, its end is kept, too. */
export function nameCell(text: string, width: number, tone?: Tone): Part {
  return cell(clipMiddle(text, width), width, 'left', tone)
}

export function widthOfLine(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0)
}

/** At most so many cells of a line. */
export function clipLine(line: Line, width: number): Part[] {
  let room = width
  return line.flatMap((one) => {
    const text = clip(one.text, room)
    room -= widthOf(text)
    return text === '' ? [] : [{ ...one, text }]
  })
}

/** Cut and padded to exactly so many cells. */
export function fitLine(line: Line, width: number): Part[] {
  const cut = clipLine(line, width)
  const space = width - widthOfLine(cut)
  return space > 0 ? [...cut, part(' '.repeat(space))] : cut
}

/** Puts as many things in a line as fit, `gap` cells apart. */
export function flow(things: readonly Line[], width: number, gap = 3): Line[] {
  const lines: Part[][] = []
  let room = 0
  for (const thing of things) {
    const needed = widthOfLine(thing)
    const last = lines.at(-1)
    if (last && needed + gap <= room) {
      last.push(part(' '.repeat(gap)), ...thing)
      room -= needed + gap
    } else {
      lines.push(clipLine(thing, width))
      room = width - needed
    }
  }
  return lines
}

/** As text without colours, for tests and for searching. */
export function textOfLine(line: Line): string {
  return line.map(({ text }) => text).join('')
}
