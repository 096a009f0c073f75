import { wrap } from '../../format/fit.ts'
import { ASCII, GLYPHS } from '../../format/glyphs.ts'
import { plain } from '../../format/plain.ts'
import { fitLine, type Line, part } from '../parts.ts'
import type { Dialog } from '../state/state.ts'

const WIDEST = 70

/** A box with a question or a menu, in the middle of `width` cells. */
export function dialogLines(dialog: Dialog, width: number): Line[] {
  const inner = Math.max(10, Math.min(WIDEST, width - 8))
  const [side, across, corners] = GLYPHS === ASCII ? ['|', '-', '++++'] : ['│', '─', '┌┐└┘']
  const indent = part(' '.repeat(Math.max(0, Math.floor((width - inner - 4) / 2))))
  const edge = (left = '', right = '') => [
    indent,
    part(`${left}${across.repeat(inner + 2)}${right}`, 'accent'),
  ]
  return [
    edge(corners[0], corners[1]),
    ...contentOf(dialog, inner).map((line) => [
      indent,
      part(`${side} `, 'accent'),
      ...fitLine(line, inner),
      part(` ${side}`, 'accent'),
    ]),
    edge(corners[2], corners[3]),
  ]
}

function contentOf(dialog: Dialog, width: number): Line[] {
  switch (dialog.step) {
    case 'menu':
      return dialog.offers.map(({ title }, at) =>
        at === dialog.chosen
          ? [{ text: `> ${plain(title)}`, bold: true, inverse: true }]
          : [part(`  ${plain(title)}`)],
      )
    case 'planning':
      return [heading(dialog.offer.title), [part('Looking what that would do …', 'dim')]]
    case 'running':
      return [heading(dialog.offer.title), [part('Doing it … Esc closes this; it goes on.', 'dim')]]
    case 'quit':
      return [
        [{ text: 'Quit', bold: true }],
        ...paragraph('This stops serve and everything that it runs.', width),
        [],
        question('Stop everything?'),
      ]
    case 'confirm':
      return confirmation(dialog, width)
  }
}

function confirmation({ offer, plan, typed }: Dialog & { step: 'confirm' }, width: number): Line[] {
  const asked: Line[] =
    plan.typed === null
      ? [question('Do it?')]
      : [
          ...paragraph(`Type ${plain(plan.typed)} and press Enter.`, width),
          [part('> ', 'accent'), part(plain(typed)), { text: ' ', inverse: true }],
        ]
  return [
    heading(offer.title),
    ...(plan.what === offer.title ? [] : paragraph(plan.what, width)),
    ...plan.warnings.flatMap((warning) => paragraph(`! ${warning}`, width, 'warn')),
    [],
    ...asked,
  ]
}

function heading(text: string): Line {
  return [{ text: plain(text), bold: true }]
}

function question(text: string): Line {
  return [
    part(`${text} `),
    { text: 'y', tone: 'accent', bold: true },
    part('/'),
    { text: 'n', tone: 'accent', bold: true },
  ]
}

function paragraph(text: string, width: number, tone?: 'warn'): Line[] {
  return wrap(plain(text), width).map((line) => [part(line, tone)])
}
