import type { AutoscaleStatus } from '../../autoscale/index.ts'
import { isBase, isSpared, parseAmount, type ServeStatus, targetsOf } from '../../supervisor/index.ts'
import type { ActionPlan } from '../source.ts'

/** @throws AgentctlError SERVE_TARGET_UNKNOWN */
export function planRestart({ replicas }: ServeStatus, target: string): ActionPlan {
  const found = targetsOf(replicas, target).filter((replica) => !isSpared(target, replica))
  const names = found.map(({ name }) => name)
  const what =
    names.length === 1
      ? `Restart ${names[0]}`
      : `Restart ${names.length} replicas, one after another: ${names.join(', ')}`
  const bases = [...new Set(found.map(({ role }) => role))].filter(isBase)
  const warnings = bases.map((role) => `Whatever uses ${role} waits until it is back.`)
  return { what, warnings, typed: null }
}

/** @throws AgentctlError SERVE_ROLES_INVALID */
export function planScale(
  { replicas, autoscale = [] }: ServeStatus,
  role: string,
  count: number,
): ActionPlan {
  const now = replicas.filter((replica) => replica.role === role).length
  parseAmount(`${role}=${count}`, [role])
  return {
    what: `Scale ${role} from ${now} to ${count} ${count === 1 ? 'replica' : 'replicas'}`,
    warnings: [...warningsOf(role, now, count), ...autoscale.flatMap((one) => endOf(one, role))],
    typed: null,
  }
}

/** A number by hand ends that a role is scaled by itself. */
function endOf({ role, active, min, max }: AutoscaleStatus, scaled: string): string[] {
  if (role !== scaled || !active) return []
  const again = `agentctl scale ${role}=${min}..${max}`
  return [`It is no longer scaled by itself then. Begin that again with \`${again}\`.`]
}

function warningsOf(role: string, now: number, count: number): string[] {
  if (isBase(role) && count !== now)
    return [`${role} keeps the data: whatever uses it stops working without it.`]
  if (count === 0 && now > 0)
    return [`Nobody does the work of ${role} then. Start it again with \`agentctl scale ${role}=${now}\`.`]
  if (count < now) return ['Those that go finish the work under way first.']
  return []
}
