import type { ChildProcess as NodeProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import { killGroup } from './guarded.ts'

export interface ChildOptions {
  file: string
  args: readonly string[]
  /** On top of this process's own; undefined takes a variable away. */
  env: Record<string, string | undefined>
  /** File descriptor that it has as INHERITED_FD. */
  fd?: number | undefined
  onMessage(message: unknown): void
  /** One line of its stdout or stderr. */
  onLine(line: string): void
}

export interface Exit {
  code: number | null
  signal: string | null
}

export interface ChildProcess {
  pid: number
  /** Resolves when the process has ended; never rejects. */
  exited: Promise<Exit>
  /** Asks it to finish. */
  terminate(): void
  /** Ends it and all it has started, at once. */
  kill(): void
  /** Tells it something over the message channel; what it cannot be told any more is dropped. */
  send(message: object): void
}

/** What a child has an inherited file descriptor as: the first after its own three. */
export const INHERITED_FD = 3

/** Milliseconds for its last words to arrive once it has ended: what it has started may hold its output open for ever. */
const LAST_WORDS = 1_000

/**
 * Starts a program in its own process group, with a message channel. The channel closes when this process
 * dies, however that happens, so that the child can leave too.
 * @throws when the program cannot be started at all
 */
export function spawnChild({ file, args, env, fd, onMessage, onLine }: ChildOptions): ChildProcess {
  const child = execa(file, args, {
    ipc: true,
    serialization: 'json',
    // The types know numbers below ten only.
    stdio: ['ignore', 'pipe', 'pipe', ...(fd === undefined ? [] : [fd as 9])],
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
    // How long a child may drain is for its supervisor to say.
    forceKillAfterDelay: false,
    env,
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${file} could not be started`)
  void receive(child.getEachMessage(), onMessage)
  createInterface({ input: child.stdout }).on('line', onLine)
  createInterface({ input: child.stderr }).on('line', onLine)
  return {
    pid,
    exited: Promise.race([
      child.then(({ exitCode, signal }) => ({ code: exitCode ?? null, signal: signal ?? null })),
      ended(child.nodeChildProcess),
    ]),
    terminate: () => child.kill('SIGTERM'),
    kill: () => killGroup(pid, 'SIGKILL'),
    send(message) {
      const { nodeChildProcess: process } = child
      if (process.connected) process.send(message, () => {})
    },
  }
}

function ended(process: NodeProcess): Promise<Exit> {
  return new Promise((resolve) => {
    process.once('exit', (code, signal) => setTimeout(() => resolve({ code, signal }), LAST_WORDS).unref())
  })
}

async function receive(
  messages: AsyncIterable<unknown>,
  onMessage: (message: unknown) => void,
): Promise<void> {
  try {
    for await (const message of messages) onMessage(message)
  } catch {
    // The channel broke with the process; `exited` tells how that ended.
  }
}
