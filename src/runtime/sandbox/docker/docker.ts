import { IMAGES, type ImageName } from '../../docker-proxy/index.ts'
import { AgentctlError, type Logger, messageOf } from '../../kernel/index.ts'
import type { DockerClient } from '../../platform/containers/index.ts'
import { type Clock, monotonicClock } from '../../resilience/index.ts'
import { sandboxError } from '../errors.ts'
import type { Outcome, Task } from '../messages.ts'
import { settleOutcome } from '../outcome.ts'
import type { RunHooks, Sandbox } from '../sandbox.ts'
import { createContainers, type Standing } from './containers.ts'
import { createExamination } from './examination.ts'
import { createOwner } from './owner.ts'
import { createPool } from './pool.ts'
import { runProgram } from './program.ts'
import { fitsDefault, imageOf, LONGEST_WALL } from './spec.ts'

export interface DockerSandboxOptions {
  /** Of a docker-proxy: an engine itself builds no walls around a container, and is refused. Closed by whoever made it. */
  docker: DockerClient
  /** Tags of the images. */
  images?: Readonly<Record<ImageName, string>>
  /** How many containers of each stand ready. */
  warm?: Readonly<Record<ImageName, number>>
  /** Whose containers they are, such as `executor-1`: the next process of this name removes what this one leaves. */
  owner: string
  log: Logger
  /** Milliseconds since 1970. */
  now?: () => number
  clock?: Clock
}

/** Milliseconds a container may stand ready. */
const MAX_AGE = 5 * 60_000

/** Runs each program in a container of its own, made through our docker-proxy. For default limits containers stand ready. */
export function createDockerSandbox(options: DockerSandboxOptions): Sandbox {
  const { docker, images = IMAGES, warm = { python: 2, node: 1 }, owner, log } = options
  const { now = Date.now, clock = monotonicClock } = options
  const containers = createContainers({ docker, images, owner: createOwner(owner), log, now })
  const examination = createExamination(docker, containers)
  const running = new Set<Promise<unknown>>()
  const closing = new AbortController()

  function discard({ id, attachment }: Standing): Promise<void> {
    attachment.close()
    return containers.remove(id)
  }

  const pool = createPool({
    sizes: warm,
    async start(runtime) {
      await examination.languages(runtime)
      return containers.start(runtime, containers.forAny(runtime, MAX_AGE + LONGEST_WALL))
    },
    discard,
    clock,
    maxAge: MAX_AGE,
    onFailure: (runtime, error) =>
      log.warn({ runtime, reason: messageOf(error) }, 'no container stands ready'),
  })

  async function standingFor(task: Task): Promise<Standing> {
    const runtime = imageOf[task.language]
    const ready = fitsDefault(runtime, task.limits) ? pool.take(runtime) : undefined
    if (ready) return ready
    const known = await examination.languages(runtime)
    if (known.includes(task.language)) return containers.start(runtime, containers.forTask(task))
    throw sandboxError(
      'SANDBOX_LANGUAGE_MISSING',
      `the image ${images[runtime]} does not run ${task.language}`,
    )
  }

  async function runOne(task: Task, hooks: RunHooks): Promise<Outcome> {
    if (hooks.signal.aborted) return neverRun()
    const standing = await standingFor(task)
    try {
      return await runProgram(docker, standing, task, hooks, clock)
    } finally {
      // Behind the back of whoever waits for the outcome: it takes longer than most programs.
      void discard(standing)
    }
  }

  return {
    kind: 'docker',
    isolation: 'container',
    async probe() {
      const probe = await examination.probe()
      if (probe.ok) pool.fill()
      return probe
    },
    async run(task, { onOutput, signal }) {
      if (closing.signal.aborted) throw sandboxError('SANDBOX_FAILED', 'the sandbox is closed')
      const hooks = { signal: AbortSignal.any([signal, closing.signal]), ...(onOutput ? { onOutput } : {}) }
      const run = runOne(task, hooks)
      running.add(run)
      try {
        return await run
      } catch (error) {
        const known = asSandboxError(error)
        if (known.code === 'SANDBOX_LANGUAGE_MISSING') examination.forget()
        throw known
      } finally {
        running.delete(run)
        if (running.size === 0) pool.fill()
      }
    },
    reap: containers.reap,
    async close() {
      closing.abort()
      await Promise.allSettled(running)
      await pool.close()
      await containers.settled()
    },
  }
}

/** What was cancelled before there was a container. */
function neverRun(): Outcome {
  const ending = { cancelled: true, oomSeen: false, cpuSpent: false, exitCode: null, signal: null }
  const nothing = { stdout: '', stderr: '', truncated: false, duration_ms: 0 }
  return { ...settleOutcome(ending), ...nothing, backend: 'docker' }
}

/** What an engine or a proxy did wrong is the fault of the sandbox, to whoever has a program run. */
function asSandboxError(error: unknown): AgentctlError {
  if (error instanceof AgentctlError && error.code.startsWith('SANDBOX_')) return error
  return sandboxError(isNobodyThere(error) ? 'SANDBOX_AWAY' : 'SANDBOX_FAILED', messageOf(error), {
    cause: error,
  })
}

/** No connection was made: nothing can have been started. */
function isNobodyThere(error: unknown): boolean {
  const { code } = ((error as Error | undefined)?.cause ?? {}) as { code?: unknown }
  return code === 'ECONNREFUSED' || code === 'ENOENT'
}
