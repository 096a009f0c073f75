import type { z } from 'zod'
import type { NewSubmission } from '../../runtime/evaluation/client.ts'
import { formatDuration, kernelError } from '../../runtime/kernel/index.ts'
import { type Limits, limits } from '../../runtime/sandbox/messages.ts'

export interface SubmissionFlags {
  priority?: 'high' | 'normal' | undefined
  /** Milliseconds. */
  timeout?: number | undefined
  cpu?: number | undefined
  /** MiB. */
  memory?: number | undefined
  /** Bytes. */
  'output-limit'?: number | undefined
  pids?: number | undefined
}

interface Program {
  code: string
  language: string
  stdin: string
  args: string[]
}

const FLAG_OF = {
  wall_ms: 'timeout',
  cpu_ms: 'cpu',
  memory_mb: 'memory',
  output_bytes: 'output-limit',
  pids: 'pids',
} as const satisfies Record<keyof Limits, keyof SubmissionFlags>

/**
 * What is submitted; what was not given is left to the gateway.
 * @throws AgentctlError CONFIG_INVALID that names the flag
 */
export function submissionOf(program: Program, flags: SubmissionFlags): NewSubmission {
  const given = limitsOf(flags)
  return {
    ...program,
    ...(flags.priority === undefined ? {} : { priority: flags.priority }),
    ...(Object.keys(given).length === 0 ? {} : { limits: given }),
  }
}

/** The gateway would refuse them too, but it does not know what their flags are called. */
function limitsOf(flags: SubmissionFlags): Partial<Limits> {
  const all = Object.entries(FLAG_OF).map(([name, flag]) => [name, flags[flag]] as const)
  const given = Object.fromEntries(all.filter(([, value]) => value !== undefined))
  const issue = limits.safeParse(given).error?.issues[0]
  if (issue === undefined) return given
  const name = issue.path[0] as keyof Limits
  const field = FLAG_OF[name]
  throw kernelError('CONFIG_INVALID', `--${field}: ${whyNot(issue, name.endsWith('_ms'))}`, { field })
}

function whyNot(issue: z.core.$ZodIssue, isTime: boolean): string {
  const written = (value: number | bigint) => (isTime ? formatDuration(Number(value)) : String(value))
  if (issue.code === 'too_big') return `may be at most ${written(issue.maximum)}`
  return issue.code === 'too_small' ? `must be at least ${written(issue.minimum)}` : issue.message
}
