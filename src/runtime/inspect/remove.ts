import { loadScript, type RedisClient } from '../platform/redis/index.ts'
import { ALIVE_WITHIN } from './consumers.ts'
import { inspectError } from './errors.ts'
import { describeGroup } from './groups.ts'
import { scriptKeys } from './names.ts'

const script = loadScript(import.meta.url, 'remove-group', 7)

/** A group, or one of its consumers. */
export interface Removal {
  stream: string
  group: string
  consumer?: string | undefined
}

export interface RemovalPlan extends Removal {
  /** Pending entries that would be forgotten. */
  pending: number
  /** Entries of the stream that the group has not read; 0 for a consumer. */
  lag: number
  /** Consumers that read. */
  alive: number
}

/**
 * @param force do not refuse what is in use
 * @throws AgentctlError STREAM_NOT_FOUND, GROUP_NOT_FOUND, CONSUMER_NOT_FOUND, GROUP_IN_USE, CONSUMER_IN_USE
 */
export async function planRemoval(redis: RedisClient, what: Removal, force: boolean): Promise<RemovalPlan> {
  const group = await describeGroup(redis, what.stream, what.group)
  if (what.consumer === undefined) {
    const plan = { ...what, pending: group.pending, lag: group.lag, alive: group.alive }
    return refuseInUse(plan, force)
  }
  const consumer = group.consumer_list.find(({ consumer }) => consumer === what.consumer)
  if (!consumer) throw inspectError('CONSUMER_NOT_FOUND', `${what.group} has no consumer ${what.consumer}`)
  return refuseInUse({ ...what, pending: consumer.pending, lag: 0, alive: consumer.alive ? 1 : 0 }, force)
}

/** @throws AgentctlError GROUP_NOT_FOUND, GROUP_IN_USE, CONSUMER_IN_USE when that became so meanwhile */
export async function removeGroup(
  redis: RedisClient,
  { stream, group, consumer }: Removal,
  force: boolean,
): Promise<{ pending: number }> {
  const args = [group, consumer ?? '', force ? 1 : 0, ALIVE_WITHIN]
  const [pending, alive, removed] = (await script(redis, scriptKeys(stream, group), args).catch(
    notThere,
  )) as [number, number, number]
  if (removed === 0) refuseInUse({ stream, group, consumer, pending, alive, lag: 0 }, false)
  return { pending }
}

function notThere(error: Error): never {
  if (/no such key|NOGROUP/.test(error.message)) throw inspectError('GROUP_NOT_FOUND', 'it is gone already')
  throw error
}

function refuseInUse(plan: RemovalPlan, force: boolean): RemovalPlan {
  const { group, consumer, pending, alive } = plan
  if (force) return plan
  if (consumer !== undefined && pending > 0)
    throw inspectError('CONSUMER_IN_USE', `${consumer} has ${pending} pending`)
  if (consumer === undefined && pending + alive > 0)
    throw inspectError(
      'GROUP_IN_USE',
      `${group} has ${alive} living consumers and ${pending} pending entries`,
    )
  return plan
}
