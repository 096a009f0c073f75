import { isResponseStream } from '../bus/index.ts'
import { formatDuration, shellWord } from '../kernel/index.ts'
import type { GroupSummary } from './groups.ts'
import type { StreamDescription } from './streams.ts'

export interface Finding {
  finding: 'NO GROUPS' | 'NO CONSUMERS' | 'STUCK' | 'UNREAD LOST' | 'LAG UNKNOWN'
  advice: string
}

/** One group of a stream and what is wrong with it; a stream that nobody reads has one row without a group. */
export type HealthRow = Partial<Omit<GroupSummary, 'group'>> & {
  stream: string
  group: string | null
  findings: Finding[]
}

/**
 * What is wrong with streams and groups, and what to do about it.
 * @param stuckAfter milliseconds without progress after which something counts as stuck
 */
export function reportHealth(streams: readonly StreamDescription[], stuckAfter: number): HealthRow[] {
  return streams.flatMap((stream): HealthRow[] => {
    const groups = stream.consumer_groups
    if (groups.length > 0)
      return groups.map((group) => ({ ...group, findings: findingsOf(group, stuckAfter) }))
    // Responses are read by whoever waits for them, without a group.
    if (isResponseStream(stream.stream)) return []
    return [{ stream: stream.stream, group: null, findings: stream.length > 0 ? [NO_GROUPS] : [] }]
  })
}

const NO_GROUPS: Finding = {
  finding: 'NO GROUPS',
  advice: 'Nobody consumes this stream: start a consumer, or trim it before it grows.',
}

function findingsOf(group: GroupSummary, stuckAfter: number): Finding[] {
  const { stream, group: name, alive, lag, lag_exact, pending, oldest_idle_ms, lost } = group
  const target = `${shellWord(stream)} ${shellWord(name)}`
  const findings: Finding[] = []
  if (alive === 0 && lag + pending > 0) {
    findings.push({ finding: 'NO CONSUMERS', advice: 'Entries wait and nobody reads: start a consumer.' })
  }
  if (oldest_idle_ms !== null && oldest_idle_ms >= stuckAfter) {
    findings.push({
      finding: 'STUCK',
      advice: `An entry was delivered and never acknowledged: see \`agentctl group pending ${target} --idle ${formatDuration(stuckAfter)}\`, then give it to a living consumer with \`agentctl group claim ${target} --consumer NAME\`.`,
    })
  }
  if (lost !== null && lost > 0) {
    findings.push({
      finding: 'UNREAD LOST',
      advice: `At least ${lost} ${lost === 1 ? 'entry was' : 'entries were'} removed before the group had handled them: keep the stream longer; \`agentctl group reset\` clears the count.`,
    })
  }
  if (!lag_exact) {
    findings.push({
      finding: 'LAG UNKNOWN',
      advice: 'Redis cannot say how much is unread, and there is more than is counted: add consumers.',
    })
  }
  return findings
}
