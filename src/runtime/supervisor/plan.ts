import { supervisorError } from './errors.ts'

/** How many replicas of which role. */
export type Plan = ReadonlyMap<string, number>

const MAX_REPLICAS = 64

/**
 * Reads `gateway=1,worker=2`; a role without a number has one replica.
 * @throws AgentctlError SERVE_ROLES_INVALID
 */
export function parsePlan(text: string, known: readonly string[]): Plan {
  const plan = new Map<string, number>()
  for (const part of text.split(',').filter((piece) => piece.trim() !== '')) {
    const [role, count] = parsePart(part.trim(), known)
    if (plan.has(role))
      throw supervisorError('SERVE_ROLES_INVALID', `"${role}" is named twice`, { field: 'roles' })
    plan.set(role, count)
  }
  if (plan.size === 0) throw supervisorError('SERVE_ROLES_INVALID', 'no role is named', { field: 'roles' })
  return plan
}

/**
 * Reads `worker=4`; without a number nothing would be said about how many.
 * @throws AgentctlError SERVE_ROLES_INVALID
 */
export function parseAmount(text: string, known: readonly string[]): [role: string, count: number] {
  if (text.includes('=')) return parsePart(text, known)
  throw supervisorError('SERVE_ROLES_INVALID', `"${text}" is not ROLE=NUMBER`, { field: 'roles' })
}

function parsePart(text: string, known: readonly string[]): [role: string, count: number] {
  const match = /^([^=]+)(?:=(\d+))?$/.exec(text)
  const role = match?.[1]?.trim() ?? ''
  const count = Number(match?.[2] ?? 1)
  if (!match) throw supervisorError('SERVE_ROLES_INVALID', `"${text}" is not ROLE=NUMBER`, { field: 'roles' })
  if (!known.includes(role)) {
    throw supervisorError('SERVE_ROLES_INVALID', `"${role}" is no role; there are ${known.join(', ')}`, {
      field: 'roles',
    })
  }
  if (count > MAX_REPLICAS) {
    throw supervisorError(
      'SERVE_ROLES_INVALID',
      `${count} replicas of ${role} are more than ${MAX_REPLICAS}`,
      { field: 'roles' },
    )
  }
  return [role, count]
}
