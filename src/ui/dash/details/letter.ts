import { plain } from '../../format/plain.ts'
import type { DetailInput, DetailLine, DetailPage, Loaded } from '../detail.ts'
import { moment } from './moment.ts'
import { facts, fieldLines, heading, remark } from './page.ts'
import type { RefTo } from './reference.ts'

type Letter = NonNullable<Loaded['letters']>[number]

/** One dead letter: why it was given up, where it comes from, what it says. */
export function letterPage({ type, id }: RefTo<'letter'>, input: DetailInput): DetailPage {
  const { snapshot, loaded, width } = input
  const letter = loaded.letters?.find((one) => one.id === id)
  const title = `Dead letter ${plain(id)} of ${plain(type)}`
  if (!letter) {
    const why = 'It is not among those that were read: it was retried or removed, or there are too many.'
    return { title, lines: remark(why, width) }
  }
  return {
    title,
    lines: [
      ...facts(
        [
          ['Reason', letter.reason, 'warn'],
          ['Error', letter.error, 'bad'],
          ['Given up', moment(letter.time, Date.parse(snapshot.at))],
          ['Deliveries', String(letter.deliveries)],
        ],
        width,
      ),
      ...heading('Comes from'),
      ...originLines(letter, width),
      ...heading('Fields'),
      ...fieldLines(letter.fields, width),
    ],
  }
}

/** The stream and the group can be gone into. */
function originLines({ origin }: Letter, width: number): DetailLine[] {
  const { stream, entry, group, consumer } = origin
  const [first, ...more] = facts([['Stream', stream]], width)
  const [second, ...rest] = facts([['Group', group]], width)
  return [
    ...(first ? [{ ...first, key: 'stream', open: { kind: 'stream', stream } } as const] : []),
    ...more,
    ...(second ? [{ ...second, key: 'group', open: { kind: 'group', stream, group } } as const] : []),
    ...rest,
    ...facts(
      [
        ['Consumer', consumer],
        ['Entry', entry],
      ],
      width,
    ),
  ]
}
