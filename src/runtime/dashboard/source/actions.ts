import { createDeadLetters } from '../../bus/index.ts'
import { asUnreachable, type RedisClient } from '../../platform/redis/index.ts'
import {
  type Restarted,
  type ServeClient,
  type ServeStatus,
  supervisorError,
} from '../../supervisor/index.ts'
import { dashboardError } from '../errors.ts'
import type { Action, ActionPlan } from '../source.ts'
import { planRestart, planScale } from './supervision.ts'

export interface Actions {
  /** @throws AgentctlError SERVE_NOT_RUNNING, SERVE_TARGET_UNKNOWN, SERVE_ROLES_INVALID, REDIS_UNREACHABLE */
  plan(action: Action): Promise<ActionPlan>
  /** The same, DASH_READ_ONLY, and what the roles say that cannot start. */
  run(action: Action): Promise<string>
}

export interface ActionsOptions {
  redis: RedisClient
  readOnly: boolean
  /** The serve to act through; undefined without one. */
  client(): ServeClient | undefined
}

/** Each action asks for the present state itself: what the screen shows may be a second old. */
export function createActions({ redis, readOnly, client }: ActionsOptions): Actions {
  const letters = createDeadLetters({ redis })

  function serve(): ServeClient {
    const found = client()
    if (found) return found
    throw supervisorError('SERVE_NOT_RUNNING', 'there is none to act through')
  }

  async function toRetry(type: string, ids: readonly string[] | 'all'): Promise<number> {
    return ids === 'all' ? letters.count(type) : ids.length
  }

  async function plan(action: Action): Promise<ActionPlan> {
    switch (action.kind) {
      case 'restart':
        return planRestart(await serve().status(), action.target)
      case 'scale':
        return planScale(await serve().status(), action.role, action.replicas)
      case 'retry-letters': {
        const count = await toRetry(action.type, action.ids)
        const what = `Retry ${counted(count)} of ${action.type}: put back for the group that could not handle it`
        return { what, warnings: [], typed: null }
      }
      case 'purge-letters': {
        const what = `Remove ${counted(await letters.count(action.type))} of ${action.type} for good`
        return { what, warnings: [], typed: action.type }
      }
    }
  }

  async function run(action: Action): Promise<string> {
    switch (action.kind) {
      case 'restart':
        return restartedText(await serve().restart(action.target))
      case 'scale': {
        planScale(await serve().status(), action.role, action.replicas)
        return scaled(await serve().scale(action.role, action.replicas), action.role)
      }
      case 'retry-letters': {
        const retried = await letters.retry(action.type, action.ids)
        const missing = action.ids === 'all' ? 0 : action.ids.length - retried.length
        const rest = missing === 0 ? '' : ` ${missing} were no longer there.`
        return `Retried ${counted(retried.length)} of ${action.type}.${rest}`
      }
      case 'purge-letters':
        return `Removed ${counted(await letters.purge(action.type))} of ${action.type}.`
    }
  }

  return {
    plan: (action) => explained(plan(action)),
    async run(action) {
      if (readOnly) throw dashboardError('DASH_READ_ONLY', 'it was opened with --read-only')
      return explained(run(action))
    },
  }
}

/** All of it may have been taken away since it was chosen. */
function restartedText({ restarted, in_place }: Restarted): string {
  const done = [...restarted, ...in_place]
  return done.length === 0 ? 'Nothing was restarted.' : `Restarted ${done.join(', ')}.`
}

function scaled({ replicas }: ServeStatus, role: string): string {
  const count = replicas.filter((replica) => replica.role === role).length
  return `${role} has ${count} ${count === 1 ? 'replica' : 'replicas'} now.`
}

function counted(letters: number): string {
  return `${letters} dead ${letters === 1 ? 'letter' : 'letters'}`
}

async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw (error instanceof Error ? asUnreachable(error) : undefined) ?? error
  }
}
