import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { PUBLIC } from '../cache/key.ts'
import { llmError } from '../errors.ts'

/** Tells who asks: the digest of the API key of a request, or `public`. Keys themselves are kept nowhere. */
export type Callers = (headers: IncomingHttpHeaders) => string

/**
 * @param keys those that may ask; empty lets everybody ask, and keys only tell callers apart
 * @returns throws AgentctlError LLM_API_KEY_REQUIRED for whoever may not
 */
export function createCallers(keys: readonly string[]): Callers {
  const known = new Set(keys.map(tenantOf))
  return (headers) => {
    const key = keyOf(headers)
    const tenant = key === undefined ? PUBLIC : tenantOf(key)
    if (known.size === 0 || known.has(tenant)) return tenant
    throw llmError(
      'LLM_API_KEY_REQUIRED',
      key === undefined ? 'the request holds no API key' : 'the API key of the request is not known here',
      { field: 'header.authorization' },
    )
  }
}

/** 128 bits of a digest: enough that no two keys meet, and that none can be read back. */
export function tenantOf(key: string): string {
  return hash('sha256', `agentctl:llm:${key}`).slice(0, 32)
}

function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1]
  const header = headers['x-api-key']
  return bearer ?? ((Array.isArray(header) ? header[0] : header) || undefined)
}
