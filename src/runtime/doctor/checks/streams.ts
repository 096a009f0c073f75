import { createDeadLetters, type DeadLetterCount } from '../../bus/index.ts'
import { type HealthRow, reportHealth, type StreamDescription } from '../../inspect/index.ts'
import { shellWord } from '../../kernel/index.ts'
import { type Check, fail, info, type Level, ok, type Remark, warn } from '../check.ts'

const STUCK_AFTER = 300_000

export const groups: Check = {
  name: 'groups',
  area: 'streams',
  title: 'streams and their groups',
  needsRedis: true,
  run: async ({ streams }) => judgeGroups(reportHealth(await streams(), STUCK_AFTER)),
}

type Kind = HealthRow['findings'][number]['finding']

const LEVELS: Record<Kind, Level> = {
  'NO GROUPS': 'info',
  'NO CONSUMERS': 'error',
  STUCK: 'warn',
  'UNREAD LOST': 'warn',
  'LAG UNKNOWN': 'info',
}

const WHY: Record<Kind, string> = {
  'NO GROUPS': 'Its entries are kept until somebody trims them.',
  'NO CONSUMERS': 'Nothing of it is handled.',
  STUCK: 'Its consumer hangs or is gone, and nobody has taken it over.',
  'UNREAD LOST': 'These will never be handled.',
  'LAG UNKNOWN': 'It cannot be said how far behind the group is.',
}

/** Each finding of the report on streams, with the commands that help. */
export function judgeGroups(rows: readonly HealthRow[]): Remark[] {
  const remarks = rows.flatMap(({ stream, group, findings, lag, pending }) =>
    findings.map(({ finding, advice }) => {
      const waiting = finding === 'NO CONSUMERS' ? ` (${lag} unread, ${pending} pending)` : ''
      const whom = group === null ? stream : `${stream} ${group}`
      return { level: LEVELS[finding], what: `${finding}: ${whom}${waiting}`, why: WHY[finding], fix: advice }
    }),
  )
  if (remarks.length > 0) return remarks
  return [ok(rows.length === 0 ? 'The event bus has no streams' : `${rows.length} groups are served`)]
}

/** Entries above which a stream grows that nobody trims: consumers keep about 10,000. */
const [LONG, HUGE] = [50_000, 1_000_000]

export const growth: Check = {
  name: 'growth',
  area: 'streams',
  title: 'the length of streams',
  needsRedis: true,
  run: async ({ streams }) => (await streams()).flatMap(judgeGrowth),
}

export function judgeGrowth({
  stream,
  length,
  memory,
}: Pick<StreamDescription, 'stream' | 'length' | 'memory'>) {
  if (length < LONG) return []
  const size = memory === null ? '' : `, ${Math.round(memory / 1024 ** 2)} MB`
  return [
    (length >= HUGE ? fail : warn)(
      `${stream} has ${length} entries${size}`,
      'Nobody trims it: consumers do, and keep what any group still needs.',
      `\`agentctl stream trim ${shellWord(stream)} --max-length 10000 --dry-run\` says what could go, and who holds it`,
    ),
  ]
}

/** Letters that are read to find out why they are there. */
const SAMPLE = 50

export const deadLetters: Check = {
  name: 'dead-letters',
  area: 'streams',
  title: 'the dead letters',
  needsRedis: true,
  async run({ redis }) {
    if (!redis) return []
    const letters = createDeadLetters({ redis })
    const counts = await letters.list()
    if (counts.length === 0) return [ok('No dead letters')]
    return Promise.all(
      counts.map(async (count) => {
        const { letters: some } = await letters.show(count.type, { limit: SAMPLE })
        return judgeLetters(
          count,
          some.map(({ reason }) => reason),
        )
      }),
    )
  },
}

/** @param reasons of some of them */
export function judgeLetters({ type, count, oldest }: DeadLetterCount, reasons: readonly string[]): Remark {
  const broken = reasons.filter((reason) => reason === 'undecodable').length
  const how =
    broken === 0
      ? ''
      : `, of which ${broken === reasons.length ? 'all' : `at least ${broken}`} cannot be decoded`
  const what = `${count} dead ${count === 1 ? 'letter' : 'letters'} of ${type}, the oldest of ${oldest}${how}`
  const fix =
    broken === reasons.length && broken > 0
      ? `\`agentctl dlq show ${shellWord(type)}\` says what is in them: correct who publishes it, then \`agentctl dlq purge ${shellWord(type)}\``
      : `\`agentctl dlq show ${shellWord(type)}\` says why; after mending it, \`agentctl dlq retry ${shellWord(type)}\``
  return warn(what, 'These events were not handled, and will not be by themselves.', fix)
}

export const silent: Check = {
  name: 'silent-consumers',
  area: 'streams',
  title: 'consumers that are gone',
  needsRedis: true,
  run: async ({ streams }) => judgeSilent(await streams()),
}

/** Dead consumers are forgotten by the living; where many stay, names change with each start. */
const MANY = 100

export function judgeSilent(streams: readonly StreamDescription[]): Remark[] {
  return streams.flatMap(({ stream, consumer_groups: all }) =>
    all
      .filter(({ consumers, alive }) => consumers - alive >= MANY)
      .map(({ group, consumers, alive }) =>
        info(
          `${stream} ${group} has ${consumers - alive} consumers that are silent`,
          'They cost memory, and make every look at the group slower.',
          'Give consumers a name that stays: AGENTCTL_REPLICA or WORKER_NAME',
        ),
      ),
  )
}
