import type { NewSubmission } from '../../runtime/evaluation/client.ts'

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

/** What is submitted; what was not given is left to the gateway. */
export function submissionOf(program: Program, flags: SubmissionFlags): NewSubmission {
  const limits = {
    wall_ms: flags.timeout,
    cpu_ms: flags.cpu,
    memory_mb: flags.memory,
    output_bytes: flags['output-limit'],
    pids: flags.pids,
  }
  const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
  return {
    ...program,
    ...(flags.priority === undefined ? {} : { priority: flags.priority }),
    ...(Object.keys(given).length === 0 ? {} : { limits: given }),
  }
}
