import { plain } from '../../format/plain.ts'
import type { DetailInput, DetailPage } from '../detail.ts'
import { moment } from './moment.ts'
import { facts, fieldLines, heading, remark } from './page.ts'
import type { RefTo } from './reference.ts'

/** One entry of a stream with all its fields. */
export function entryPage({ stream, id }: RefTo<'entry'>, input: DetailInput): DetailPage {
  const { snapshot, loaded, width } = input
  const title = `Entry ${plain(id)} of ${plain(stream)}`
  const { entry } = loaded
  if (!entry) {
    return { title, lines: remark('It is no longer in the stream: it was deleted, or trimmed away.', width) }
  }
  const added = moment(entry.at, Date.parse(snapshot.at))
  const names = Object.keys(entry.fields).length
  return {
    title,
    lines: [
      ...facts(
        [
          ['Stream', stream],
          ['Id', id],
          ['Added', added],
        ],
        width,
      ),
      ...heading('Fields', names === 0 ? 'none' : ''),
      ...fieldLines(entry.fields, width),
    ],
  }
}
