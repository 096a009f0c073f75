import type { IncomingHttpHeaders } from 'node:http'
import { AgentctlError, type Logger } from '../kernel/index.ts'
import type { Metrics } from '../platform/metrics/index.ts'
import { isSecretOf, parseApiKey } from './api-key.ts'
import { createRefusalLog } from './audit.ts'
import { accessError } from './errors.ts'
import type { Keyring } from './keyring.ts'
import type { KeyLimits } from './limits.ts'
import { type AccessRecord, statusOf } from './record.ts'
import { allows, type Scope } from './scopes.ts'
import type { KeyStore } from './store.ts'

/** Decides who is let in. */
export interface Gate {
  /**
   * @returns the id of its key, and what is to be called once when the request is over
   * @throws AgentctlError ACCESS_KEY_REQUIRED, ACCESS_KEY_INVALID, ACCESS_KEY_ENDED, ACCESS_DENIED, ACCESS_LIMIT, ACCESS_UNAVAILABLE
   */
  admit(request: Asking): Promise<Admission>
}

export interface Admission {
  id: string
  leave(): void
}

export interface Asking {
  headers: IncomingHttpHeaders
  scope: Scope
  /** Who asks, and for what, for the log. */
  address: string
  route: string
}

export interface GateOptions {
  keyring: Pick<Keyring, 'find'>
  limits: KeyLimits
  store: Pick<KeyStore, 'noteUse'>
  metrics: Metrics
  log: Logger
  now?: () => number
}

const REASONS: Readonly<Record<string, string>> = {
  ACCESS_KEY_REQUIRED: 'missing',
  ACCESS_KEY_INVALID: 'invalid',
  ACCESS_KEY_ENDED: 'ended',
  ACCESS_DENIED: 'scope',
  ACCESS_LIMIT: 'limit',
  ACCESS_UNAVAILABLE: 'unavailable',
}
/** Milliseconds between two notes that a key is in use: nobody needs to know it more exactly. */
const NOTED = 60_000

export function createGate({ keyring, limits, store, metrics, log, now = Date.now }: GateOptions): Gate {
  const refusals = metrics.counter('access_refusals_total', 'Requests that were refused for their API key', [
    'reason',
  ])
  for (const reason of Object.values(REASONS)) refusals.inc({ reason }, 0)
  const logRefusal = createRefusalLog(log)
  const noted = new Map<string, number>()

  function noteUse(id: string): void {
    const at = performance.now()
    if (at - (noted.get(id) ?? Number.NEGATIVE_INFINITY) < NOTED) return
    noted.set(id, at)
    store.noteUse(id).catch(() => noted.delete(id)) // Redis is away: another time
  }

  async function enter({ headers, scope }: Asking, told: (id: string) => void): Promise<Admission> {
    const record = await authenticated(headers, keyring, told)
    const status = statusOf(record, now())
    if (status !== 'active') throw accessError('ACCESS_KEY_ENDED', `key ${record.id} is ${status}`)
    if (!allows(record.scopes, scope))
      throw accessError(
        'ACCESS_DENIED',
        `this takes the scope "${scope}"; key ${record.id} has ${record.scopes.join(', ')}`,
      )
    const leave = await limits.enter(record)
    noteUse(record.id)
    return { id: record.id, leave }
  }

  return {
    async admit(asking) {
      let key: string | undefined
      try {
        return await enter(asking, (id) => {
          key = id
        })
      } catch (error) {
        const code = error instanceof AgentctlError ? error.code : 'INTERNAL'
        const reason = REASONS[code]
        if (reason !== undefined) refusals.inc({ reason })
        const { address, route } = asking
        logRefusal({ code, key, address, route })
        throw error
      }
    },
  }
}

/** @param told of the id once it is sure that the request holds that key, so that no log has what anybody sends */
async function authenticated(
  headers: IncomingHttpHeaders,
  keyring: Pick<Keyring, 'find'>,
  told: (id: string) => void,
): Promise<AccessRecord> {
  const given = keyOf(headers)
  if (given === undefined) throw accessError('ACCESS_KEY_REQUIRED', 'the request holds no API key')
  const key = parseApiKey(given)
  if (key === undefined)
    throw accessError('ACCESS_KEY_INVALID', 'it is mistyped or cut short: its checksum does not fit')
  const record = await keyring.find(key.id)
  if (record === undefined || !isSecretOf(key.secret, record.digest))
    throw accessError('ACCESS_KEY_INVALID', 'no such key is known here')
  told(key.id)
  return record
}

/** The key that a request holds, as a bearer token or by itself. */
export function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  const own = headers['x-api-key']
  return bearer ?? ((Array.isArray(own) ? own[0] : own)?.trim() || undefined)
}
