import { CONTAINER_NAME } from '../contract.ts'
import { refused } from '../errors.ts'
import { listFilters } from './filters.ts'
import type { Target } from './target.ts'

/** What may be done with a container of ours. */
export type Action = 'start' | 'attach' | 'wait' | 'kill' | 'inspect' | 'remove'

/** A request that may be passed on; `query` is what of it is passed on. */
export type Decision =
  | { kind: 'ping' | 'version' | 'list'; query: URLSearchParams }
  | { kind: 'create'; query: URLSearchParams }
  | { kind: 'container'; action: Action; container: string; query: URLSearchParams }

type Check = (value: string) => boolean

const boolean: Check = (value) => /^(0|1|true|false)$/i.test(value)
const isFalse: Check = (value) => /^(|0|false)$/i.test(value)
const oneOf =
  (...values: string[]): Check =>
  (value) =>
    values.includes(value)

/** Names of containers, and ids of 12 characters or more. */
const CONTAINER = '([a-f0-9]{12,64}|agentctl-[A-Za-z0-9_-]{1,160})'
const one = (rest: string) => new RegExp(`^/containers/${CONTAINER}${rest}$`)

interface Route {
  methods: readonly string[]
  path: RegExp
  /** Keys that the query may have, with what their values may be. */
  query: Readonly<Record<string, Check>>
  decide(match: RegExpExecArray, query: URLSearchParams): Decision
}

const onContainer =
  (action: Action): Route['decide'] =>
  (match, query) => ({ kind: 'container', action, container: match[1] ?? '', query })

const attachQuery = {
  stream: boolean,
  stdin: boolean,
  stdout: boolean,
  stderr: boolean,
  logs: boolean,
  hijack: boolean,
}

/** Everything there is. */
const routes: readonly Route[] = [
  {
    methods: ['GET', 'HEAD'],
    path: /^\/_ping$/,
    query: {},
    decide: (_, query) => ({ kind: 'ping', query }),
  },
  { methods: ['GET'], path: /^\/version$/, query: {}, decide: (_, query) => ({ kind: 'version', query }) },
  {
    methods: ['GET'],
    path: /^\/containers\/json$/,
    query: { all: boolean, limit: (value) => /^\d{1,4}$/.test(value), size: isFalse, filters: () => true },
    decide: (_, query) => ({ kind: 'list', query: listFilters(query) }),
  },
  {
    methods: ['POST'],
    path: /^\/containers\/create$/,
    query: { name: (value) => CONTAINER_NAME.test(value), platform: oneOf('') },
    decide(_, query) {
      if (!query.has('name')) throw refused('a container needs a name, ?name=agentctl-eval-ID-ATTEMPT')
      query.delete('platform')
      return { kind: 'create', query }
    },
  },
  { methods: ['POST'], path: one('/start'), query: { detachKeys: oneOf('') }, decide: onContainer('start') },
  { methods: ['POST'], path: one('/attach'), query: attachQuery, decide: onContainer('attach') },
  {
    methods: ['POST'],
    path: one('/wait'),
    query: { condition: oneOf('not-running', 'next-exit', 'removed') },
    decide: onContainer('wait'),
  },
  {
    methods: ['POST'],
    path: one('/kill'),
    query: { signal: oneOf('KILL', 'SIGKILL', '9', 'TERM', 'SIGTERM', '15') },
    decide: onContainer('kill'),
  },
  { methods: ['GET'], path: one('/json'), query: { size: isFalse }, decide: onContainer('inspect') },
  {
    methods: ['DELETE'],
    path: one(''),
    query: { force: boolean, v: boolean, link: isFalse },
    decide: onContainer('remove'),
  },
]

/**
 * Whether a request may be passed on, and as what; for a container it is still to be seen whose it is.
 * @throws AgentctlError DOCKER_PROXY_REFUSED
 */
export function decide(method: string, { path, query }: Target): Decision {
  for (const route of routes) {
    const match = route.path.exec(path)
    if (!match || !route.methods.includes(method)) continue
    for (const [key, value] of query) {
      if (!Object.hasOwn(route.query, key)) throw refused(`"${key}" is not allowed in the query`)
      if (route.query[key]?.(value) !== true)
        throw refused(`the value of "${key}" is not allowed in the query`)
    }
    return route.decide(match, new URLSearchParams([...query]))
  }
  throw refused(`${method} ${path} is not allowed`)
}
