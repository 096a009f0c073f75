import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { killGroup } from './guarded.ts'

export interface ConfinedOptions {
  file: string
  args: readonly string[]
  /** All of its environment: nothing is inherited. */
  env: Readonly<Record<string, string>>
  cwd: string
  /** User and group to become, which only root can. */
  user?: number | undefined
  /** Seconds of processor time after which the system itself ends it. */
  cpuSeconds: number
  /** Bytes of writable memory that the system lets it have, reservations of its runtime included. */
  dataBytes: number
}

export interface ConfinedExit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface ConfinedProcess {
  pid: number
  stdin: Writable
  stdout: Readable
  stderr: Readable
  /** Resolves when it has ended and all its output was read; rejects when it could not be started. */
  exited: Promise<ConfinedExit>
  /** Ends it and all of its group, at once. */
  kill(): void
}

const FILES = 128
/** Both of util-linux, which is part of every Linux distribution; without them limits are kept by watching alone. */
const SETPRIV = '/usr/bin/setpriv'
const PRLIMIT = '/usr/bin/prlimit'

/**
 * Starts a program that is not trusted: in a process group of its own, with nothing of our environment, and where the
 * system has the tools for it with hard limits, no way to gain privileges, and an end when the thread that started it ends.
 */
export function spawnConfined(options: ConfinedOptions): ConfinedProcess {
  const { env, cwd, user } = options
  const [file, ...args] = commandOf(options) as [string, ...string[]]
  // Not execa: bytes are read as they come, and nothing of ours may be inherited.
  const child = spawn(file, args, {
    env: { ...env },
    cwd,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(user === undefined ? {} : { uid: user, gid: user }),
  })
  const exited = new Promise<ConfinedExit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  exited.catch(() => {})
  for (const stream of child.stdio) stream?.on('error', () => {})
  const { pid = 0, stdin, stdout, stderr } = child
  return { pid, stdin, stdout, stderr, exited, kill: () => pid > 0 && killGroup(pid, 'SIGKILL') }
}

function commandOf({ file, args, cpuSeconds, dataBytes }: ConfinedOptions): string[] {
  const privileges = existsSync(SETPRIV) ? [SETPRIV, '--no-new-privs', '--pdeathsig', 'KILL', '--'] : []
  const limits = existsSync(PRLIMIT)
    ? [
        PRLIMIT,
        `--cpu=${cpuSeconds}`,
        `--data=${dataBytes}`,
        `--nofile=${FILES}`,
        '--core=0',
        '--fsize=0',
        '--',
      ]
    : []
  return [...privileges, ...limits, file, ...args]
}
