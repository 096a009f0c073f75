import { connectToServe } from '../runtime/supervisor/index.ts'
import { interrupted } from './interrupted.ts'
import { createLogFormat } from './log-lines.ts'
import { stateDirOf } from './state-only.ts'

export interface RunLogsOptions {
  /** Role or replica; all when undefined. */
  target: string | undefined
  flags: Record<string, unknown> & { lines: number }
  follow: boolean
  json: boolean
  print(line: string): Promise<void>
}

/** Prints what replicas of the serve that runs here have logged. @throws AgentctlError SERVE_NOT_RUNNING */
export async function runLogs({ target, flags, follow, json, print }: RunLogsOptions): Promise<void> {
  const client = connectToServe(stateDirOf(flags))
  const format = json ? JSON.stringify : createLogFormat(process.stdout.hasColors?.() === true)
  const lines = client.logs({
    lines: flags.lines,
    follow,
    signal: interrupted(),
    ...(target === undefined ? {} : { target }),
  })
  for await (const line of lines) await print(format(line))
}
