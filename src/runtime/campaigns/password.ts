import { isLoopback } from '../kernel/index.ts'
import { campaignsError } from './errors.ts'
import { DEFAULT_PASSWORD } from './settings.ts'

const GUESSED_FIRST = ['', DEFAULT_PASSWORD, 'admin', 'password']

export interface Exposure {
  /** Address that is listened on. */
  host: string
  apiUsername: string
  apiPassword: string
}

/** Whether a password is empty, the default, or what everybody tries first. */
export function isWeakPassword({ apiUsername, apiPassword }: Omit<Exposure, 'host'>): boolean {
  return [...GUESSED_FIRST, apiUsername.toLowerCase()].includes(apiPassword.trim().toLowerCase())
}

/**
 * A weak password is good enough only where nobody else can connect.
 * @returns whether it is weak, which deserves a hint
 * @throws AgentctlError CAMPAIGNS_PASSWORD_WEAK for addresses beyond this machine
 */
export function checkPassword(exposure: Exposure): boolean {
  const weak = isWeakPassword(exposure)
  if (!weak || isLoopback(exposure.host)) return weak
  const what = exposure.apiPassword === '' ? 'an empty password' : 'a password that everybody knows'
  throw campaignsError('CAMPAIGNS_PASSWORD_WEAK', `${what} on ${exposure.host}`, { field: 'apiPassword' })
}
