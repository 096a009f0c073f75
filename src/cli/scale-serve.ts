import { isRange, parseRange } from '../runtime/autoscale/index.ts'
import { parts } from '../runtime/parts.ts'
import { connectToServe, parseAmount, type ServeStatus } from '../runtime/supervisor/index.ts'

interface Scaled {
  status: ServeStatus
  /** What has become of it, in a sentence. */
  said: string
}

/**
 * Has the running serve keep another number of replicas, or scale a role by itself.
 * @param amount `worker=5` or `worker=1..8`
 * @throws AgentctlError AUTOSCALE_INVALID, SERVE_ROLES_INVALID, SERVE_NOT_RUNNING, SERVE_TARGET_UNKNOWN
 */
export async function scaleServe(amount: string, stateDir: string | undefined): Promise<Scaled> {
  if (isRange(amount)) {
    const [role, range] = parseRange(amount, parts)
    const status = await connectToServe(stateDir).autoscale(role, range)
    return {
      status,
      said: `${role} has as many replicas as its work is for now, ${range.min} to ${range.max}`,
    }
  }
  const names = parts.map(({ name }) => name)
  const [role, count] = parseAmount(amount, names)
  const client = connectToServe(stateDir)
  const before = await client.status()
  const status = await client.scale(role, count)
  const has = status.replicas.filter((replica) => replica.role === role).length
  const said = `${role} has ${has} ${has === 1 ? 'replica' : 'replicas'} now`
  return { status, said: said + endOf(role, before) }
}

/** It was scaled by itself until now. */
function endOf(role: string, { autoscale = [] }: ServeStatus): string {
  const scaled = autoscale.find((one) => one.role === role && one.active)
  if (!scaled) return ''
  return `, and is no longer scaled by itself; \`agentctl scale ${role}=${scaled.min}..${scaled.max}\` begins that again`
}
