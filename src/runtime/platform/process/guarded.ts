import { readFileSync } from 'node:fs'
import { execa } from 'execa'

/**
 * A shell that starts a program and waits for it, and stops it once file descriptor 3 closes. The other
 * end of that pipe is held by us alone, so the program cannot outlive us even after `kill -9`.
 */
const GUARD = `
signal=$1
output=$2
shift 2
"$@" 3<&- >>"$output" 2>&1 &
child=$!
( read -r _ <&3; kill -$signal $child 2>/dev/null ) &
watcher=$!
wait $child
code=$?
kill $watcher 2>/dev/null
exit $code`

export interface GuardedProcess {
  /** Process group of the guard and the program. */
  pid: number
  /** Resolves with the exit code, or null after a signal; never rejects. */
  exited: Promise<number | null>
  /** Asks the program to end by letting go of its pipe. */
  release(): void
  /** Kills guard and program at once. */
  kill(): void
}

export interface GuardOptions {
  /** What asks the program to end. A shell starts its children with SIGINT ignored: that is for programs that set a handler. */
  signal?: 'TERM' | 'INT'
  /** File that what it prints is added to; otherwise nobody sees it. */
  output?: string
}

/** What a server needs of our environment to find itself, its libraries and its language; all else may be secret. */
const INHERITED = /^(PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG|LC_\w+|(DY)?LD_LIBRARY_PATH)$/

function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.test(name)))
}

/** Starts a program in its own process group, bound to the life of this process. POSIX only. */
export function spawnGuarded(
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
  { signal = 'TERM', output = '/dev/null' }: GuardOptions = {},
): GuardedProcess {
  const child = execa('/bin/sh', ['-c', GUARD, 'agentctl-guard', signal, output, file, ...args], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
    extendEnv: false,
    env: { ...inherited(), ...env },
  })
  const pid = child.pid as number
  const lifeline = child.stdio[3] as unknown as {
    destroy(): void
    on(event: 'error', listener: () => void): void
  }
  lifeline.on('error', () => {})
  return {
    pid,
    // Not only when its pipe is closed: when the guard alone is killed, what it has started holds that open.
    exited: Promise.race([
      new Promise<number | null>((resolve) => child.nodeChildProcess.once('exit', resolve)),
      child.then((result) => result.exitCode ?? null),
    ]),
    release: () => lifeline.destroy(),
    kill: () => killGroup(pid, 'SIGKILL'),
  }
}

/** Signals every process of a group; quietly does nothing when none is left. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Whether a process with this id runs. One that has ended and was not yet reaped by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false // no /proc on this system
  }
}
