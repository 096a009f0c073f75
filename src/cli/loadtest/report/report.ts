import type { LoadResult } from '../../../runtime/loadtest/index.ts'
import { doubtLines, methodLine, pacingLine } from './honesty.ts'
import { counterLines, errorLines, seriesLines } from './measured.ts'
import { summaryLines } from './summary.ts'
import { thresholdLines } from './verdict.ts'
import { wrapped } from './wrapped.ts'

/** The plain report, without its heading: the summary, then whatever else is known. Each line is safe to print. */
export function reportLines(result: LoadResult): string[] {
  const sections = [
    seriesLines(result),
    counterLines(result),
    errorLines(result),
    [...pacingLine(result), methodLine(result.plan), ...doubtLines(result)].flatMap(folded),
    thresholdLines(result.thresholds),
  ]
  return [...summaryLines(result), ...sections.flatMap((lines) => (lines.length === 0 ? [] : ['', ...lines]))]
}

/** Points of a list are indented, and so is what belongs to them. */
function folded(line: string): string[] {
  return wrapped(line, line.startsWith('  - ') ? '    ' : '')
}
