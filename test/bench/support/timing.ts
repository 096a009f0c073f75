import { spawn } from 'node:child_process'
import { now } from './clock.ts'

/**
 * Runs a program of Node's to its end, its output thrown away.
 * @returns milliseconds from start to exit
 * @throws Error when it fails
 */
export function timeRun(args: readonly string[], cwd: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = now()
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve(now() - started)
      else reject(new Error(`node ${args.join(' ')} ended with exit code ${code}`))
    })
  })
}
