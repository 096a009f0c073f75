import { existsSync, readFileSync, writeFileSync } from 'node:fs'

export interface HostileEntry {
  backend: string
  case: string
  expected: string
  observed: string
}

/**
 * Notes what a hostile program got from a backend, in the JSON file that AGENTCTL_HOSTILE_REPORT names; does nothing where
 * it is not set. The entry of the same case and backend is replaced, so that a file may serve several runs.
 */
export function recordHostile(backend: string, name: string, expected: string, observed: string): void {
  const path = process.env.AGENTCTL_HOSTILE_REPORT
  if (!path) return
  const known = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as HostileEntry[]) : []
  const others = known.filter((entry) => entry.backend !== backend || entry.case !== name)
  writeFileSync(
    path,
    `${JSON.stringify([...others, { backend, case: name, expected, observed }], null, 2)}\n`,
  )
}
