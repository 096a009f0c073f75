import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { killGroup } from './guarded.ts'

export interface CommandOptions {
  /** Given to a shell. */
  command: string
  /** Written to its stdin. */
  input: string
  env: Record<string, string>
  /** Ends the command and all it has started. */
  signal: AbortSignal
  /** Bytes of stdout that are kept. */
  maxOutput: number
}

export interface CommandResult {
  /** Above 128 when a signal has ended it. */
  code: number
  stdout: string
  /** There was more on stdout than is kept. */
  truncated: boolean
  /** The last line on stderr that is not empty, or ''. */
  lastError: string
}

/**
 * Runs the command with the stdin it was given itself, and ends its process group once file descriptor 3 closes. The
 * other end of that pipe is held by us alone, so the command cannot outlive us even after `kill -9`.
 */
const GUARD = `
trap : TERM
exec 4<&0 0</dev/null
/bin/sh -c "$1" <&4 3<&- 4<&- &
child=$!
exec 4<&-
( trap '' TERM; read -r _ <&3; kill -TERM 0; sleep 2; kill -KILL 0 ) >/dev/null 2>&1 &
watcher=$!
wait $child
code=$?
while kill -0 $child 2>/dev/null; do wait $child; code=$?; done
kill -KILL $watcher 2>/dev/null
exit $code`

/** Milliseconds a command may take to end after SIGTERM. */
const KILL_AFTER = 2_000
const MAX_ERROR = 4_096
/** As a shell tells of SIGKILL. */
const KILLED = 137

/** Runs a shell command in a process group of its own, to its end. POSIX only. Never rejects for what the command does. */
export async function runCommand(options: CommandOptions): Promise<CommandResult> {
  const { command, input, env, signal, maxOutput } = options
  signal.throwIfAborted()
  // Not execa: this needs to know when the command has ended, not when its pipes have.
  const child = spawn('/bin/sh', ['-c', GUARD, 'agentctl-guard', command], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...env },
  })
  const closed = once(child, 'close')
  const { pid } = child
  if (pid === undefined) return closed.then(() => Promise.reject(new Error('/bin/sh could not be started')))
  for (const stream of child.stdio) stream?.on('error', () => {})
  child.stdin.end(input)
  const stdout = keepFirst(child.stdout, maxOutput)
  const stderr = keepLast(child.stderr, MAX_ERROR)
  let killing: NodeJS.Timeout | undefined
  const end = () => {
    killGroup(pid, 'SIGTERM')
    killing = setTimeout(() => killGroup(pid, 'SIGKILL'), KILL_AFTER)
  }
  signal.addEventListener('abort', end, { once: true })
  // What it has left running would hold its pipes open, and us with them.
  child.once('exit', () => killGroup(pid, 'SIGKILL'))
  try {
    const [code] = (await closed) as [number | null]
    const { text, truncated } = stdout()
    return { code: code ?? KILLED, stdout: text, truncated, lastError: lastLine(stderr()) }
  } finally {
    clearTimeout(killing)
    signal.removeEventListener('abort', end)
  }
}

function keepFirst(stream: NodeJS.ReadableStream, limit: number): () => { text: string; truncated: boolean } {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    if (size < limit) chunks.push(chunk.subarray(0, limit - size))
    size += chunk.length
  })
  return () => ({ text: Buffer.concat(chunks).toString(), truncated: size > limit })
}

function keepLast(stream: NodeJS.ReadableStream, limit: number): () => string {
  let kept = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk])
    if (kept.length > limit) kept = kept.subarray(-limit)
  })
  return () => kept.toString()
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? ''
}
