import { type ConfinedProcess, usageOf } from '../../platform/process/index.ts'
import { sandboxError } from '../errors.ts'
import type { Outcome, Task } from '../messages.ts'
import { type Killed, settleOutcome } from '../outcome.ts'
import { createOutput, type Output } from '../output.ts'
import type { RunHooks } from '../sandbox.ts'
import { memoryAllowance } from './flags.ts'
import { watchLimits } from './watch.ts'

/** The byte that the boot files write to stdout right before the program starts. */
const STARTED = 6
/** Milliseconds until a runtime must have been loaded, on a busy machine. */
const BOOT_LIMIT = 30_000
const MAX_BOOT_ERROR = 2_000
/** How V8 says that its heap is full; it ends itself then. */
const HEAP_FULL = /^(?:#\s+)?Fatal (?:JavaScript|process) out of memory|JavaScript heap out of memory/m

/**
 * Hands a program to a process of Deno that has just been started, and waits for its end. Its time and what it may use count
 * from the moment when its runtime is loaded.
 * @throws AgentctlError SANDBOX_FAILED when the program was never started
 */
export async function runProgram(
  process: ConfinedProcess,
  task: Task,
  { onOutput, signal }: RunHooks,
): Promise<Outcome> {
  let killedFor: Killed | undefined
  let cancelled = false
  const kill = (reason: Killed) => {
    killedFor ??= reason
    process.kill()
  }
  const cancel = () => {
    cancelled = true
    process.kill()
  }
  const output = createOutput({
    limit: task.limits.output_bytes,
    onOutput: (name, text) => onOutput?.(name, text),
    onLimit: () => kill('output_limit'),
  })
  const life = readLife(process, task, output, kill)
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()
  process.stdin.write(frame(task))
  process.stdin.end(task.stdin)
  try {
    const exit = await process.exited.catch((cause) => {
      throw sandboxError('SANDBOX_FAILED', 'Deno could not be started', { cause })
    })
    const started = life.end()
    if (started === undefined && !cancelled) throw failedBoot(life.bootError, exit)
    const { stdout, stderr, truncated } = output.end()
    const heapFull = exit.signal !== null && HEAP_FULL.test(stderr)
    if (heapFull) killedFor ??= 'out_of_memory'
    const { code: exitCode, signal: ended } = exit
    const verdict = settleOutcome({
      cancelled,
      killedFor,
      oomSeen: false,
      cpuSpent: ended === 'SIGXCPU',
      exitCode,
      signal: ended,
    })
    const duration_ms = started === undefined ? 0 : Math.round((performance.now() - started) * 1e3) / 1e3
    return { ...verdict, stdout, stderr, truncated, duration_ms, backend: 'deno' }
  } finally {
    life.end()
    signal.removeEventListener('abort', cancel)
  }
}

/** Ten digits that say how long the rest is, and the rest; what follows is the program's stdin. */
function frame({ code, language }: Task): Buffer {
  const json = Buffer.from(JSON.stringify({ code, language }))
  return Buffer.concat([Buffer.from(String(json.length).padStart(10, '0')), json])
}

function readLife(process: ConfinedProcess, task: Task, output: Output, kill: (reason: Killed) => void) {
  let started: number | undefined
  let stopWatching: (() => void) | undefined
  const early: Buffer[] = []
  const boot = setTimeout(() => process.kill(), BOOT_LIMIT)

  function start(): void {
    clearTimeout(boot)
    started = performance.now()
    for (const bytes of early) output.write('stderr', bytes)
    const { limits, language } = task
    stopWatching = watchLimits({
      usage: () => usageOf(process.pid),
      allowed: { memory: memoryAllowance(language, limits), cpu: limits.cpu_ms, threads: limits.pids },
      wall: limits.wall_ms,
      onExceeded: kill,
    })
  }

  process.stdout.on('data', (bytes: Buffer) => {
    if (started !== undefined) return output.write('stdout', bytes)
    if (bytes[0] !== STARTED) return process.kill()
    start()
    output.write('stdout', bytes.subarray(1))
  })
  // Of two pipes either may be read first: what comes before the start is the program's too, if it ever starts.
  process.stderr.on('data', (bytes: Buffer) => {
    if (started === undefined) early.push(bytes)
    else output.write('stderr', bytes)
  })
  return {
    get bootError() {
      return Buffer.concat(early).toString().slice(0, MAX_BOOT_ERROR).trim()
    },
    /** When it started, in the time of `performance.now()`. */
    end() {
      clearTimeout(boot)
      stopWatching?.()
      return started
    },
  }
}

function failedBoot(said: string, { code, signal }: { code: number | null; signal: string | null }) {
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`
  return sandboxError(
    'SANDBOX_FAILED',
    `Deno ended ${how} before the program was started${said === '' ? '' : `: ${said}`}`,
  )
}
