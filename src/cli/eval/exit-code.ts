import { constants } from 'node:os'
import type { Evaluation } from '../../runtime/evaluation/messages.ts'

/** Exit codes of `timeout` and of shells for what has no exit code of its own. */
const TIMED_OUT = 124
const KILLED = 137
const CANCELLED = 130
/** EX_UNAVAILABLE: not the program failed, but what was to run it. */
const UNAVAILABLE = 69
const OTHER = 1

/** The program's own exit code, or the one by which a shell would tell how it ended. */
export function exitCodeOf({ status, reason, exit_code: code, signal }: Evaluation): number {
  if (status === 'cancelled') return CANCELLED
  switch (reason) {
    case 'wall_timeout':
    case 'cpu_timeout':
      return TIMED_OUT
    case 'out_of_memory':
      return KILLED
    case 'infra_error':
      return UNAVAILABLE
    case 'signal':
      return 128 + ((constants.signals as Record<string, number | undefined>)[signal ?? ''] ?? 9)
  }
  if (status === 'completed') return 0
  return code === null || code === 0 ? OTHER : code
}
