import type { PaneName } from '../../../runtime/dashboard/index.ts'
import { fitLine, type Line, part, widthOfLine } from '../parts.ts'
import { PANES } from '../state/state.ts'

export const TITLES: Readonly<Record<PaneName, string>> = {
  overview: 'Overview',
  streams: 'Streams',
  groups: 'Groups',
  replicas: 'Replicas',
  latency: 'Latency',
  logs: 'Logs',
  letters: 'Dead letters',
}

/** Names of all panes; where there is no room for them, only the name of the one that is shown. */
export function tabsLine(shown: PaneName, width: number): Line {
  const full = tabs(shown, () => true)
  const line = widthOfLine(full) <= width ? full : tabs(shown, (name) => name === shown)
  return fitLine(line, width)
}

function tabs(shown: PaneName, isNamed: (name: PaneName) => boolean): Line {
  return PANES.map((name, at) => {
    const title = isNamed(name) ? `${at + 1} ${TITLES[name]}` : `${at + 1}`
    if (name !== shown) return part(` ${title} `)
    return { text: `[${title}]`, tone: 'accent', bold: true, inverse: true }
  })
}
