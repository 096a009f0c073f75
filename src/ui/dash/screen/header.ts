import type { RedisFacts, Snapshot } from '../../../runtime/dashboard/index.ts'
import { age, clock } from '../../format/duration.ts'
import { widthOf } from '../../format/fit.ts'
import { bytes, compact, percent } from '../../format/number.ts'
import { plain } from '../../format/plain.ts'
import type { Part } from '../detail.ts'
import type { Model } from '../model.ts'
import { LIMITS, memoryShare, toneOf } from '../panes/tones.ts'
import { fitLine, type Line, part, widthOfLine } from '../parts.ts'

/** Said in the header; where there is not enough room, those with a higher number go first. */
interface Fact {
  readonly part: Part
  readonly drop: number
  readonly side: 'left' | 'right'
}

/** What is looked at, how it is, and how new that is. */
export function headerLine(model: Model): Line {
  const { snapshot, now, state, size } = model
  const facts: Fact[] = [
    { part: { text: 'agentctl', bold: true }, drop: 6, side: 'left' },
    ...(snapshot ? contextFacts(snapshot) : []),
    ...(state.paused ? [right({ text: 'PAUSED', tone: 'warn', bold: true }, 0)] : []),
    ...(snapshot ? sampleFacts(snapshot, state.interval, now) : []),
    right(part(clock(now)), 1),
  ]
  while (needed(facts) > size.columns) {
    const most = Math.max(...facts.map(({ drop }) => drop))
    if (most === 0) break
    facts.splice(
      facts.findLastIndex(({ drop }) => drop === most),
      1,
    )
  }
  const left = spaced(facts.filter(({ side }) => side === 'left'))
  const end = spaced(facts.filter(({ side }) => side === 'right'))
  const room = size.columns - widthOfLine(end)
  return fitLine([...fitLine(left, Math.max(0, room)), ...end], size.columns)
}

/** Since when what is shown is not current, and why. */
export function bannerLine({ snapshot, size, now }: Model): Line {
  const trouble = snapshot?.trouble
  if (!trouble) return []
  const since = `since ${clock(trouble.since)}, ${age(now - Date.parse(trouble.since))}`
  const text = ` ! ${plain(trouble.what)} (${since}). What is shown is older; it goes on by itself.`
  return fitLine([part(text)], size.columns).map((one) => ({
    ...one,
    tone: 'bad',
    bold: true,
    inverse: true,
  }))
}

function contextFacts({ context, redis }: Snapshot): Fact[] {
  const name = context.name ?? context.redis
  return [
    left(part(plain(name), 'accent'), 0),
    ...(context.name === null ? [] : [left(part(plain(context.redis), 'dim'), 9)]),
    ...(redis ? redisFacts(redis) : [left({ text: 'Redis is away', tone: 'bad', bold: true }, 0)]),
    ...(context.serve ? [left(part(`serve ${context.serve.pid}`, 'dim'), 7)] : []),
  ]
}

function redisFacts(redis: RedisFacts): Fact[] {
  const limit = redis.memory_limit === null ? '' : ` of ${bytes(redis.memory_limit)}`
  return [
    left(part(`Redis ${plain(redis.version)}`), 5),
    left(part(`${bytes(redis.memory)}${limit}`, toneOf(memoryShare(redis), LIMITS.memory)), 3),
    left(part(`${compact(redis.ops)} ops/s`), 2),
    ...(redis.cpu === null ? [] : [left(part(`CPU ${percent(redis.cpu)}`), 8)]),
    left(part(`${compact(redis.clients)} clients`, 'dim'), 10),
  ]
}

function sampleFacts({ at, interval_ms: interval }: Snapshot, wanted: number, now: number): Fact[] {
  const old = Math.max(0, now - Date.parse(at))
  // A slow Redis is asked less often than is wanted: that is said.
  const pace = interval > wanted ? `every ${seconds(interval)} (slow)` : `every ${seconds(interval)}`
  return [
    right(part(pace, interval > wanted ? 'warn' : 'dim'), 4),
    right(part(`${age(old)} ago`, old > 3 * interval + 1_000 ? 'warn' : undefined), 1),
  ]
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms}ms` : age(ms)
}

function left(text: Part, drop: number): Fact {
  return { part: text, drop, side: 'left' }
}

function right(text: Part, drop: number): Fact {
  return { part: text, drop, side: 'right' }
}

function needed(facts: readonly Fact[]): number {
  return facts.reduce((sum, fact) => sum + widthOf(fact.part.text) + 2, 0)
}

function spaced(facts: readonly Fact[]): Line {
  return facts.flatMap((fact, at) => (at === 0 ? [fact.part] : [part('  '), fact.part]))
}
