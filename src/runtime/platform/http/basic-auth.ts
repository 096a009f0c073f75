import { createHash, timingSafeEqual } from 'node:crypto'
import type { AgentctlError } from '../../kernel/index.ts'
import { problemResponses } from './openapi.ts'
import type { HttpApp } from './server.ts'

export interface BasicAuthOptions {
  username: string
  password: string
  /** What browsers show when they ask. */
  realm: string
  /** The error for whoever is not let in; it becomes a 401. */
  refuse(detail: string): AgentctlError
}

/** Name under which the OpenAPI document knows it. */
export const BASIC_AUTH = 'basic'

/**
 * Lets into the routes of a scope only who knows user and password (RFC 7617, UTF-8), and says so in their descriptions. Whoever
 * is refused is refused before the body is read. Add it to a scope of its own, before the routes:
 * `app.register(async (scope) => { requireBasicAuth(scope as HttpApp, …); scope.get(…) })`.
 */
export function requireBasicAuth(app: HttpApp, { realm, refuse, ...known }: BasicAuthOptions): void {
  const user = digestOf(known.username)
  const password = digestOf(known.password)
  const challenge = `Basic realm="${realm.replace(/["\\]/g, '')}", charset="UTF-8"`

  app.addHook('onRoute', (route) => {
    const { response = {}, ...schema } = route.schema ?? {}
    route.schema = {
      ...schema,
      security: [{ [BASIC_AUTH]: [] }],
      response: { ...problemResponses(401), ...(response as object) },
    }
  })
  app.addHook('onRequest', (request, reply, done) => {
    const header = request.headers.authorization
    const given = parseBasicAuth(header)
    if (given !== undefined) {
      // Always both, and always the whole digest: how long it takes tells nothing of what was right.
      const sameUser = timingSafeEqual(digestOf(given.username), user)
      const samePassword = timingSafeEqual(digestOf(given.password), password)
      if (Number(sameUser) + Number(samePassword) === 2) return done()
    }
    reply.header('www-authenticate', challenge)
    done(refuse(whyNot(header, given !== undefined)))
  })
}

function whyNot(header: string | undefined, readable: boolean): string {
  if (header === undefined) return 'the request holds no user and password'
  return readable
    ? 'the user or the password is wrong'
    : 'the header Authorization is not of the form `Basic BASE64(USER:PASSWORD)`'
}

/** User and password of a header Authorization; undefined when it holds none. */
export function parseBasicAuth(
  header: string | undefined,
): { username: string; password: string } | undefined {
  const token = /^Basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(header ?? '')?.[1]
  if (token === undefined) return undefined
  const text = Buffer.from(token, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

const digestOf = (text: string) => createHash('sha256').update(text, 'utf8').digest()
