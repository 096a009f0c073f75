import type { GroupRow, Unknown } from '../snapshot.ts'

export interface Limits {
  /** Streams known, and how many of them were looked at; undefined when it were all. */
  streams: number
  limited: number | undefined
  hidden: number
  overflown: boolean
  most: number
}

/** What this sample cannot tell by its nature, and not because a command was refused. */
export function limitsOf({ streams, limited, hidden, overflown, most }: Limits): Unknown[] {
  const unknown: Unknown[] = []
  const count = (number: number) => number.toLocaleString('en-US')
  if (limited !== undefined)
    unknown.push({
      pane: 'streams',
      what: `How each of ${count(streams)} streams is at this moment: ${count(limited)} are looked at in a sample, first those that change`,
      fix: 'Wait a moment: the others have their turn.',
    })
  if (overflown)
    unknown.push({
      pane: 'streams',
      what: `Streams beyond the first ${count(most)}: there are more than are looked at`,
      fix: 'Find the others with `agentctl stream ls PATTERN`.',
    })
  if (hidden > 0)
    unknown.push({
      pane: 'streams',
      what: `${count(hidden)} ${hidden === 1 ? 'stream' : 'streams'} that this user of Redis may not read`,
      fix: 'Allow it with `ACL SETUSER NAME %R~PATTERN`.',
    })
  return unknown
}

export function lagsUnknown(groups: readonly GroupRow[]): Unknown[] {
  const [first, ...more] = groups.filter(({ lag }) => lag === null)
  if (!first) return []
  const others = more.length === 0 ? '' : `, and ${more.length} more`
  return [
    {
      pane: 'groups',
      what: `The lag of ${first.group} in ${first.stream}${others}: Redis has lost count, as it does when entries are deleted`,
      fix: 'Count what a group has not read with `agentctl group info STREAM GROUP`.',
    },
  ]
}
