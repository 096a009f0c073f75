import { execa } from 'execa'

export interface RunOptions {
  cwd?: string
  /** Milliseconds; the program is killed when they have passed. */
  timeout?: number
  env?: Record<string, string>
}

/** Runs a program to its end and returns what it printed to stdout. Rejects with its stderr when it fails. */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { stdout } = await execa(file, args, { stdin: 'ignore', timeout: 120_000, ...options })
  return stdout
}

/** Whether a program can be started and exits with 0. */
export async function works(
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<boolean> {
  const { failed } = await execa(file, args, { stdin: 'ignore', timeout: 10_000, env, reject: false })
  return !failed
}
