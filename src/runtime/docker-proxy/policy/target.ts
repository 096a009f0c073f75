import { refused } from '../errors.ts'

/** The target of a request, taken apart. */
export interface Target {
  /** Without the version before it: requests are passed on without one, so that an old one cannot lift a rule. */
  path: string
  query: ReadonlyMap<string, string>
}

const MAX_TARGET = 2_048
const VERSION = /^\/v1\.\d{1,3}(?=\/)/
/** No percent, no backslash, no colon: what can be spelled in one way only cannot be smuggled in another. */
const PATH = /^(\/[A-Za-z0-9_.-]+)+$/

/**
 * Reads the target of a request line. There is nothing to decode in the paths that are allowed, so anything that would
 * need decoding is refused.
 * @throws AgentctlError DOCKER_PROXY_REFUSED
 */
export function parseTarget(target: string): Target {
  if (target.length > MAX_TARGET) throw refused('the address is too long')
  const at = target.indexOf('?')
  const path = at === -1 ? target : target.slice(0, at)
  if (!PATH.test(path) || path.split('/').some((part) => part === '.' || part === '..')) {
    throw refused('the path is not a plain one')
  }
  return { path: path.replace(VERSION, ''), query: parseQuery(at === -1 ? '' : target.slice(at + 1)) }
}

function parseQuery(text: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>()
  for (const [key, value] of new URLSearchParams(text)) {
    // Which of two counts is for each reader to decide.
    if (query.has(key)) throw refused(`"${key}" is given twice in the query`)
    query.set(key, value)
  }
  return query
}
