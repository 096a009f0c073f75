import type { DockerClient } from '../../platform/containers/index.ts'
import type { Clock } from '../../resilience/index.ts'
import { sandboxError } from '../errors.ts'
import type { Outcome, Task } from '../messages.ts'
import { settleOutcome } from '../outcome.ts'
import { createOutput } from '../output.ts'
import type { RunHooks } from '../sandbox.ts'
import type { Standing } from './containers.ts'
import { endOf } from './ending.ts'
import { encodeFrame } from './frame.ts'
import { createKilling } from './killing.ts'
import { followLife } from './life.ts'

/** How V8 says that its heap is full; it ends itself then. */
const HEAP_FULL = /^(?:#\s+)?Fatal (?:JavaScript|process) out of memory|JavaScript heap out of memory/m

/**
 * Runs a program in a container that stands ready, to its end. The container has ended then, or is about to: to remove it is
 * left to the caller.
 * @throws AgentctlError SANDBOX_FAILED; DOCKER_UNREACHABLE, DOCKER_REFUSED
 */
export async function runProgram(
  docker: DockerClient,
  standing: Standing,
  task: Task,
  { onOutput, signal }: RunHooks,
  clock: Clock,
): Promise<Outcome> {
  const { id, attachment } = standing
  const { output_bytes: limit, wall_ms: wallMs } = task.limits
  const killing = createKilling(docker, id, clock)
  const output = createOutput({ limit, onOutput, onLimit: () => killing.end('output_limit') })
  const life = followLife({
    wallMs,
    clock,
    onBytes: (name, bytes) => output.write(name, bytes),
    onTimeout: () => killing.end('wall_timeout'),
  })
  const cancel = () => killing.end('cancelled')
  signal.addEventListener('abort', cancel, { once: true })
  try {
    attachment.listen(life.write)
    attachment.send(encodeFrame(task, life.nonce))
    if (signal.aborted) cancel()
    const broken = await Promise.race([attachment.ended, life.over, killing.vain])
    const ran = life.ran()
    killing.stop()
    life.end()
    const { why } = killing
    if (ran === undefined && why === undefined) throw neverStarted(broken ?? undefined)
    const ending = await endOf(docker, standing, life.said, why !== undefined, broken ?? undefined)
    const captured = output.end()
    const heapFull = ending.signal !== null && HEAP_FULL.test(captured.stderr)
    const killedFor = why === 'cancelled' ? undefined : (why ?? (heapFull ? 'out_of_memory' : undefined))
    const verdict = settleOutcome({ ...ending, cancelled: why === 'cancelled', killedFor })
    return { ...verdict, ...captured, duration_ms: Math.round((ran ?? 0) * 1e3) / 1e3, backend: 'docker' }
  } finally {
    killing.stop()
    life.end()
    signal.removeEventListener('abort', cancel)
    attachment.close()
  }
}

function neverStarted(cause: Error | undefined) {
  return sandboxError('SANDBOX_FAILED', 'the program did not start in its container', { cause })
}
