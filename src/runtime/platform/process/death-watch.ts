import { spawn } from 'node:child_process'

/**
 * Reads `+ PID` and `- PID`, and when that ends, kills the process groups that are left and removes the folder. The other
 * end of the pipe is held by us alone, so it ends with us, however that happens.
 */
const WATCH = `
trap '' TERM INT HUP
all=' '
while read -r what pid; do
  case $what in
    +) all="$all$pid " ;;
    -) all="\${all%% $pid *} \${all#* $pid }" ;;
  esac
done
for pid in $all; do kill -KILL -- "-$pid" 2>/dev/null; done
rm -rf -- "$1"`

/** Ends programs that would outlive this process. */
export interface DeathWatch {
  add(group: number): void
  remove(group: number): void
  /** Ends the watch, and with it what is still watched; the folder is gone then. */
  close(): Promise<void>
}

/** One small shell for all programs of a sandbox. POSIX only. */
export function startDeathWatch(folder: string): DeathWatch {
  const child = spawn('/bin/sh', ['-c', WATCH, 'agentctl-watch', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
  })
  const exited = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('exit', () => resolve())
  })
  child.stdin.on('error', () => {})
  return {
    add: (group) => void child.stdin.write(`+ ${group}\n`),
    remove: (group) => void child.stdin.write(`- ${group}\n`),
    close() {
      child.stdin.end()
      return exited
    },
  }
}
