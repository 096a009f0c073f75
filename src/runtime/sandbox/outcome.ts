import { constants } from 'node:os'
import type { Outcome, Reason } from './messages.ts'

/** Why we end a program ourselves. */
export type Killed = Extract<Reason, 'wall_timeout' | 'output_limit' | 'cpu_timeout' | 'out_of_memory'>

/** What a backend saw of the end of a program. */
export interface Ending {
  /** We ended it because whoever wants it wants it no more. */
  cancelled: boolean
  /** The first limit for which we have ended it ourselves. */
  killedFor?: Killed | undefined
  /** Somebody ended something in the sandbox for want of memory: the program, or a child of it. */
  oomSeen: boolean
  /** It has used all the processor time it may. */
  cpuSpent: boolean
  /** As the system tells it; above 128 is a signal where a shell or a container engine tells it. */
  exitCode: number | null
  /** Such as SIGKILL. */
  signal: string | null
}

export type Verdict = Pick<Outcome, 'status' | 'reason' | 'exit_code' | 'signal' | 'oom_seen'>

/**
 * Of several things that are true of an end, the one that explains it: that it was cancelled; a limit for which we ended it
 * ourselves; want of memory, if that ended the program itself; its processor time; another signal; its exit code.
 */
export function settleOutcome(ending: Ending): Verdict {
  const { exitCode: exit_code, signal, oomSeen } = ending
  const facts = { exit_code, signal, oom_seen: oomSeen || ending.killedFor === 'out_of_memory' }
  if (ending.cancelled) return { status: 'cancelled', ...facts }
  const reason = reasonOf(ending)
  return reason === undefined ? { status: 'completed', ...facts } : { status: 'failed', reason, ...facts }
}

function reasonOf({ killedFor, oomSeen, cpuSpent, exitCode, signal }: Ending): Reason | undefined {
  if (killedFor !== undefined) return killedFor
  const killed = signal === 'SIGKILL' || exitCode === 137
  if (oomSeen && killed) return 'out_of_memory'
  if (signal === 'SIGXCPU' || (cpuSpent && killed)) return 'cpu_timeout'
  if (signal !== null) return 'signal'
  return exitCode === 0 ? undefined : 'nonzero_exit'
}

/** The signal that an exit code above 128 stands for where a shell or a container engine tells it: 137 is SIGKILL. */
export function signalOfExitCode(code: number): string | null {
  const found = Object.entries(constants.signals).find(([, number]) => number === code - 128)
  return found?.[0] ?? null
}
