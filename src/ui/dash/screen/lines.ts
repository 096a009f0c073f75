import { clip, widthOf } from '../../format/fit.ts'
import type { Scene } from '../content.ts'
import { isTooSmall, SMALLEST } from '../frame.ts'
import type { Size } from '../model.ts'
import { type Line, part } from '../parts.ts'
import { bodyLines } from './body.ts'
import { dialogLines } from './dialog.ts'
import { keysLine, statusLine } from './footer.ts'
import { bannerLine, headerLine } from './header.ts'
import { helpLines } from './help.ts'
import { tabsLine } from './tabs.ts'

/** The whole screen: one line less than the terminal has, none wider than it. Pure. */
export function screenLines(scene: Scene): Line[] {
  const { model, frame } = scene
  if (isTooSmall(model.size)) return [[part(tooSmall(model.size))]]
  const { state, snapshot } = model
  const body = state.help ? helpLines(frame.width, frame.body) : bodyLines(scene)
  const filled = Array.from({ length: frame.body }, (_, at) => body[at] ?? [])
  return [
    headerLine(model),
    ...(snapshot?.trouble ? [bannerLine(model)] : []),
    tabsLine(state.pane, frame.width),
    ...(state.dialog ? over(filled, dialogLines(state.dialog, frame.width)) : filled),
    statusLine(scene),
    keysLine(scene),
  ]
}

/** How large it has to be, in as many words as fit. */
function tooSmall({ columns }: Size): string {
  const needed = `${SMALLEST.columns}×${SMALLEST.rows}`
  const said = [
    `Too small: make it ${needed} at least; q quits.`,
    `Too small: ${needed} needed`,
    `needs ${needed}`,
  ]
  return clip(said.find((text) => widthOf(text) <= columns) ?? needed, columns)
}

/** Lines of a box instead of those in the middle; its end stays visible when there are too few. */
function over(lines: readonly Line[], box: readonly Line[]): Line[] {
  const shown = box.slice(Math.max(0, box.length - lines.length))
  const top = Math.floor((lines.length - shown.length) / 2)
  return [...lines.slice(0, top), ...shown, ...lines.slice(top + shown.length)]
}
