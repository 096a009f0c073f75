import { stripVTControlCharacters } from 'node:util'
import { Box, renderToString } from 'ink'

import { describe, expect, it } from 'vitest'
import { describeDetail } from '../../../../src/ui/dash/details/index.ts'
import { LineView } from '../../../../src/ui/dash/LineView.tsx'
import { overviewLines } from '../../../../src/ui/dash/overview/lines.ts'
import { panes } from '../../../../src/ui/dash/panes/index.ts'
import { type Line, textOfLine } from '../../../../src/ui/dash/parts.ts'
import { tableLines } from '../../../../src/ui/dash/table-lines.ts'
import { exampleSnapshot, hostileSnapshot } from '../../../support/snapshots.ts'

const sizes = [
  [60, 12],
  [80, 24],
  [200, 60],
] as const

/** What Ink makes of the lines. */
function frame(lines: readonly Line[], columns: number): string[] {
  const drawn = renderToString(
    <Box flexDirection="column" width={columns}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
        <LineView key={index} parts={line} />
      ))}
    </Box>,
    { columns },
  )
  return stripVTControlCharacters(drawn)
    .split('\n')
    .map((line) => line.trimEnd())
}

const plainly = (lines: readonly Line[]) => lines.map((line) => textOfLine(line).trimEnd())

/** Ink measures text by itself: it must agree that each line fits, or it would wrap or cut it. */
describe.each(sizes)('frames of %i×%i', (columns, rows) => {
  it.each([
    ['all is well', exampleSnapshot()],
    ['hostile data', hostileSnapshot()],
  ])('show what was laid out: %s', (_, snapshot) => {
    const overview = overviewLines(snapshot, columns, rows)
    expect(frame(overview, columns)).toEqual(plainly(overview))
    for (const pane of panes) {
      const { head, rows: lines } = tableLines(pane.columns, pane.rows(snapshot), columns)
      expect(frame([head, ...lines], columns)).toEqual(plainly([head, ...lines]))
    }
    for (const { name } of snapshot.replicas) {
      const reference = { kind: 'replica', name } as const
      const page = describeDetail({ reference, snapshot, loaded: {}, logs: [], width: columns })
      const lines = page.lines.map(({ parts }) => parts)
      expect(frame(lines, columns)).toEqual(plainly(lines))
    }
  })
})
