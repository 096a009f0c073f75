import type { PaneName, Snapshot } from '../../../runtime/dashboard/index.ts'
import { widthOf } from '../../format/fit.ts'
import { GLYPHS } from '../../format/glyphs.ts'
import { plain } from '../../format/plain.ts'
import type { Finding } from '../panes/finding.ts'
import { findings } from '../panes/findings.ts'
import { noteOf } from '../panes/notes.ts'
import { clipLine, type Line, part } from '../parts.ts'
import { allot } from './allot.ts'
import { roomFor } from './room.ts'
import { beside, type Section, stack } from './section.ts'
import {
  queuesSection,
  redisSection,
  rolesSection,
  routeName,
  routesSection,
  streamsSection,
} from './sections.ts'

/** From here on two columns are used. */
const WIDE = 170

/** Cells of a name, at most: what is longer shall not push all numbers away. */
const LONGEST = 48

/** The key that leads to a pane. */
const KEYS: Readonly<Record<PaneName, number>> = {
  overview: 1,
  streams: 2,
  groups: 3,
  replicas: 4,
  latency: 5,
  logs: 6,
  letters: 7,
}

/** Answers "is all well?": what is wrong first, then how everything is. At most `height` lines, none wider than `width`. */
export function overviewLines(snapshot: Snapshot, width: number, height: number): Line[] {
  const wrong = findingLines(findings(snapshot), snapshot, width)
  const unknown = unknownLines(snapshot, width)
  // What is wrong may take half of the page, what is not known a quarter.
  const [top = 0, bottom = 0] = [
    Math.min(wrong.length, Math.max(1, Math.floor(height / 2) - 1)),
    Math.min(unknown.length, Math.floor(height / 5)),
  ]
  const blanks = height >= 20 ? 1 : 0
  const room = Math.max(0, height - top - blanks - bottom)
  const body = bodyLines(snapshot, width, room)
  return [
    ...cutFindings(wrong, top, width),
    ...(blanks > 0 ? [[]] : []),
    ...body,
    ...(bottom > 0 && body.length < room ? [[]] : []),
    ...unknown.slice(0, bottom),
  ]
    .slice(0, Math.max(0, height))
    .map((line) => clipLine(line, width))
}

function bodyLines(snapshot: Snapshot, width: number, height: number): Line[] {
  const redis = redisSection(snapshot, width)
  const longest = longestName(snapshot)
  if (width < WIDE) {
    const room = roomFor(width, longest)
    const sections: Section[] = [
      redis,
      rolesSection(snapshot, room),
      queuesSection(snapshot, room),
      streamsSection(snapshot, room, 10),
      routesSection(snapshot, room),
    ]
    return stack(sections, width, height)
  }
  const half = Math.floor(width / 2) - 3
  const room = roomFor(half, longest)
  const [first = 0] = allot(height, [redis.rows.length])
  const below = height - first - 1
  const left = stack([rolesSection(snapshot, room), queuesSection(snapshot, room)], half, below)
  const right = stack([streamsSection(snapshot, room, 20), routesSection(snapshot, room)], half, below)
  return [...stack([redis], width, first), [], ...beside(left, right, width)]
}

/** Cells of the longest name in any section: they are all as wide, so that numbers stand one below the other. */
function longestName({ replicas, queues, streams, latencies }: Snapshot): number {
  const names = [
    ...replicas.map(({ role }) => role),
    ...queues.map(({ name }) => name),
    ...streams.map(({ stream }) => stream),
    ...latencies.map(routeName),
  ]
  return names.reduce((longest, name) => Math.max(longest, Math.min(LONGEST, widthOf(plain(name)))), 0)
}

function findingLines(found: readonly Finding[], snapshot: Snapshot, width: number): Line[] {
  if (found.length === 0) {
    const known = snapshot.unknown.length === 0 ? '' : ', as far as it is known'
    return [[part(`${GLYPHS.bullet} All is well${known}`, 'good')]]
  }
  return found.map(({ tone, what, pane }) => {
    const key = pane === 'overview' ? '' : `  [${KEYS[pane]}]`
    const line = clipLine([part(`${GLYPHS.bullet} `, tone), part(what, tone)], width - key.length)
    return [...line, part(key, 'dim')]
  })
}

/** The last of the lines that fit says how many do not. */
function cutFindings(lines: readonly Line[], most: number, width: number): readonly Line[] {
  if (lines.length <= most) return lines
  if (most < 2) return lines.slice(0, most)
  const more = part(`  and ${lines.length - most + 1} more`, 'dim')
  return [...lines.slice(0, most - 1), clipLine([more], width)]
}

/** Of the other panes: what the overview itself cannot show is said below it, as on every page. */
function unknownLines({ unknown }: Snapshot, width: number): Line[] {
  const elsewhere = unknown.filter(({ pane }) => pane !== 'overview')
  return elsewhere.map((one) => clipLine([part(`Not known: ${noteOf(one)}`, 'dim')], width))
}
