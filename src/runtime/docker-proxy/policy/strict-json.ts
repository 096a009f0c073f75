import { refused } from '../errors.ts'

const MAX_DEPTH = 8
/** Strings, and what objects and lists begin and end with. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs

/**
 * Parses a JSON object in which no key may stand twice, however it is spelled.
 * @throws AgentctlError DOCKER_PROXY_REFUSED
 */
export function parseStrict(text: string, what: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refused(`${what} is not JSON`)
  }
  if (!isObject(value)) throw refused(`${what} is not a JSON object`)
  refuseDuplicates(text, what)
  return value
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A key as dockerd compares it (Go's encoding/json): without case, where also "ſ" is an s and the Kelvin sign a k. */
export function foldKey(key: string): string {
  return key.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toLowerCase()
}

/** The text is known to be JSON, so that its tokens tell all. */
function refuseDuplicates(text: string, what: string): void {
  /** The keys so far of each object that is open, undefined for a list. */
  const open: (Set<string> | undefined)[] = []
  let last = ''
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') addKey(open.at(-1), JSON.parse(last) as string, what)
    if (open.length > MAX_DEPTH) throw refused(`${what} is nested too deeply`)
    last = token
  }
}

function addKey(keys: Set<string> | undefined, key: string, what: string): void {
  const folded = foldKey(key)
  if (keys?.has(folded)) throw refused(`${what} has the key "${key}" twice`)
  keys?.add(folded)
}
