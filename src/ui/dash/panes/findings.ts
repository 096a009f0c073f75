import type { Snapshot } from '../../../runtime/dashboard/index.ts'
import { age } from '../../format/duration.ts'
import { plain } from '../../format/plain.ts'
import { findInGroups } from './find-groups.ts'
import { findInRedis } from './find-redis.ts'
import { findInReplicas } from './find-replicas.ts'
import { findInWork } from './find-work.ts'
import type { Finding } from './finding.ts'

/** Characters of a finding: an error may say much. */
const LONGEST = 300

/** What is wrong, the worst first; nothing while all is well, as far as it is known. */
export function findings(snapshot: Snapshot): Finding[] {
  const found = [
    ...findTrouble(snapshot),
    ...findInRedis(snapshot),
    ...findInReplicas(snapshot),
    ...findInGroups(snapshot),
    ...findInWork(snapshot),
  ]
  return found
    .map((one) => ({ ...one, what: plain(one.what, LONGEST) }))
    .sort((a, b) => Number(a.tone === 'warn') - Number(b.tone === 'warn'))
}

function findTrouble({ trouble, at }: Snapshot): Finding[] {
  if (trouble === null) return []
  const since = age(Date.parse(at) - Date.parse(trouble.since))
  const what = `${trouble.what}, for ${since}: what is shown is as it was seen last`
  return [{ tone: 'bad', what, pane: 'overview' }]
}
