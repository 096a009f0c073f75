import type { PaneName, Snapshot, Unknown } from '../../../runtime/dashboard/index.ts'
import { compact } from '../../format/number.ts'
import { plain } from '../../format/plain.ts'

/** What a pane cannot show, or not yet, one line each; nothing while it shows everything. */
export function notesOf({ unknown, discovery }: Snapshot, pane: PaneName): string[] {
  const notes = unknown.filter((one) => one.pane === pane).map(noteOf)
  const searching = (pane === 'streams' || pane === 'groups') && !discovery.complete
  return searching ? [...notes, searchNote(discovery)] : notes
}

/** What cannot be known, and what to do about it; one line, harmless. */
export function noteOf({ what, fix }: Unknown): string {
  return plain([sentence(what), fix === '' ? '' : `Fix: ${fix}`].join(' ').trim(), LONGEST)
}

/** Characters of a note. */
const LONGEST = 300

function searchNote({ scanned, keys }: Snapshot['discovery']): string {
  return `Still looking for streams: ${compact(scanned)} of ${compact(keys)} keys have been looked at.`
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
