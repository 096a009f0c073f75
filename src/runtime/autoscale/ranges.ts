import type { Part } from '../parts.ts'
import { autoscaleError } from './errors.ts'

/** Between how many replicas a role is kept. */
export interface Range {
  readonly min: number
  readonly max: number
}

const MOST = 64
const RANGE = /^([^=]+)=(\d+)\.\.(\d+)$/

/** Roles whose work waits in Redis, where it can be seen how much there is. */
const WAITING = new Set(['worker', 'storage'])

/** The names of those that can be scaled by themselves. */
export function scalableOf(parts: readonly Part[]): string[] {
  return parts.filter(({ role }) => WAITING.has(role)).map(({ name }) => name)
}

/** Whether a text names bounds, such as `worker=1..8`, and not a number. */
export const isRange = (text: string) => text.includes('..')

/**
 * Reads `worker=1..8,rag=1..4`.
 * @throws AgentctlError AUTOSCALE_INVALID
 */
export function parseRanges(text: string, parts: readonly Part[]): ReadonlyMap<string, Range> {
  const ranges = new Map<string, Range>()
  for (const piece of text.split(',').filter((one) => one.trim() !== '')) {
    const [role, range] = parseRange(piece, parts)
    if (ranges.has(role)) throw invalid(`"${role}" is named twice`)
    ranges.set(role, range)
  }
  if (ranges.size === 0) throw invalid('no role is named')
  return ranges
}

/** @throws AgentctlError AUTOSCALE_INVALID */
export function parseRange(text: string, parts: readonly Part[]): [role: string, range: Range] {
  const match = RANGE.exec(text.trim())
  if (!match) throw invalid(`"${text.trim()}" is not ROLE=MIN..MAX`)
  const [role = '', min, max] = [match[1]?.trim(), Number(match[2]), Number(match[3])]
  checkRole(role, parts)
  checkRange(role, { min, max })
  return [role, { min, max }]
}

function checkRole(role: string, parts: readonly Part[]): void {
  const scalable = scalableOf(parts)
  if (scalable.includes(role)) return
  const those = `those that scale by themselves are ${scalable.join(', ')}`
  if (!parts.some(({ name }) => name === role)) throw invalid(`"${role}" is no role; ${those}`)
  throw invalid(
    `"${role}" has no queue that tells how many it needs; ${those}`,
    `Scale it by hand, such as with \`agentctl scale ${role}=2\`.`,
  )
}

/** @throws AgentctlError AUTOSCALE_INVALID */
export function checkRange(role: string, { min, max }: Range): void {
  const text = `${role}=${min}..${max}`
  if (min > max) throw invalid(`"${text}": the lower bound comes first, ${role}=${max}..${min}`)
  if (min < 1) throw invalid(`"${text}": at least one replica stays, ${role}=1..${Math.max(1, max)}`)
  if (max > MOST) throw invalid(`"${text}": ${max} replicas are more than ${MOST}`)
}

function invalid(detail: string, fix?: string): Error {
  return autoscaleError('AUTOSCALE_INVALID', detail, {
    field: 'autoscale',
    ...(fix === undefined ? {} : { fix }),
  })
}
