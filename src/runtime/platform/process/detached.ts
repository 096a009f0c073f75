import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface DetachedProcess {
  pid: number
  /** File that takes all it prints. */
  log: string
  hasEnded(): boolean
  lastLines(): string
  /** Asks it to end, if it still runs. */
  terminate(): void
}

const LAST_LINES = 20

/** Starts a program that goes on when this one ends. What it prints goes to `serve.log` in `folder`. */
export function spawnDetached(file: string, args: readonly string[], folder: string): DetachedProcess {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const log = join(folder, 'serve.log')
  const fd = openSync(log, 'w', 0o600)
  // Not execa: its streams belong to this process, and this child must outlive it.
  const child = spawn(file, args, { stdio: ['ignore', fd, fd], detached: true })
  closeSync(fd)
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  child.once('error', () => {
    ended = true
  })
  child.unref()
  return {
    pid: child.pid ?? 0,
    log,
    hasEnded: () => ended,
    terminate: () => void child.kill('SIGTERM'),
    lastLines: () => readFileSync(log, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n'),
  }
}
