import { AgentctlError } from '../kernel/index.ts'
import { BEARER_AUTH, type HttpApp, problemResponses } from '../platform/http/index.ts'
import type { Attendance } from './attendance.ts'
import type { Gate } from './gate.ts'
import { scopeOf } from './scopes.ts'

/**
 * Lets into the routes of a scope only who has an API key for them, and says so in their descriptions. Whoever is refused is
 * refused before the body is read. Add it to a scope of its own, before the routes.
 */
export function guardRoutes(app: HttpApp, gate: Gate, attendance: Attendance): void {
  app.addHook('onRoute', (route) => {
    const { response = {}, ...schema } = route.schema ?? {}
    route.schema = {
      ...schema,
      security: [{ [BEARER_AUTH]: [] }],
      response: { ...problemResponses(401, 403, 429), ...(response as object) },
    }
  })
  app.addHook('onRequest', async (request, reply) => {
    const route = request.routeOptions.url ?? ''
    const asking = { headers: request.headers, scope: scopeOf(route), address: request.ip, route }
    try {
      const { id, leave } = await gate.admit(asking)
      const gone = () => {
        attendance.leave(id, reply.raw)
        leave()
      }
      attendance.enter(id, reply.raw)
      // However the answer ends, streams too, which nobody but the connection tells of.
      if (reply.raw.closed) gone()
      else reply.raw.once('close', gone)
    } catch (error) {
      const status = error instanceof AgentctlError ? error.status : 500
      if (status === 401 || status === 403)
        reply.header('www-authenticate', challengeOf(status, asking.scope))
      throw error
    }
  })
}

/** RFC 6750, section 3: with 401 nothing more is told to whoever sent nothing; with 403, what is missing. */
function challengeOf(status: number, scope: string): string {
  const realm = 'Bearer realm="agentctl"'
  return status === 403 ? `${realm}, error="insufficient_scope", scope="${scope}"` : realm
}
