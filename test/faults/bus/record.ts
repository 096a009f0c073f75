import { appendFileSync } from 'node:fs'

/** One line of what a process has seen; written at once, so that it outlives a SIGKILL of the process. */
export type Entry =
  | { what: 'try'; id: string }
  | { what: 'ack'; id: string; entry: string; repeat: boolean }
  | { what: 'refused'; id: string; code: string; reason: string }
  | { what: 'begin'; id: string; delivery: number; at: number }
  | { what: 'handled'; id: string; delivery: number; at: number }

export function recorder(file: string): (entry: Entry) => void {
  return (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`)
}
