import { type Logger, messageOf } from '../../kernel/index.ts'
import { inSpan } from '../../platform/tracing/index.ts'
import { sandboxError } from '../errors.ts'
import type { Language, Outcome, Task } from '../messages.ts'
import { createPlaces, type Places } from '../places.ts'
import type { RunHooks, Sandbox } from '../sandbox.ts'
import type { RunMetrics } from './metrics.ts'

export interface RunsOptions {
  sandbox: Sandbox
  languages: readonly Language[]
  /** Programs at once. */
  concurrency: number
  /** Programs that may stand in line. */
  maxWaiting: number
  metrics: RunMetrics
  log: Logger
}

export interface RunCall extends RunHooks {
  /** There is a place: the program starts now. */
  onRunning(): void
}

/** The programs of one executor: those that run, and those that wait for a place. */
export interface Runs {
  readonly running: number
  readonly waiting: number
  /** @throws AgentctlError SANDBOX_LANGUAGE_MISSING, SANDBOX_BUSY, EXECUTOR_STOPPING when the task is not taken */
  admit(task: Task): void
  /**
   * Runs a program once there is a place. Undefined: it was wanted no more before it had started.
   * @throws AgentctlError EXECUTOR_STOPPING, SANDBOX_FAILED
   */
  run(task: Task, call: RunCall): Promise<Outcome | undefined>
  /** Takes no more, sends away who waits, and resolves once what runs has ended. */
  drain(): Promise<void>
}

/** Milliseconds after which whoever was refused may ask again. */
const RETRY_AFTER = 1_000

/** Neither the program nor its arguments are anybody's business. */
function running({ eval_id, attempt, language }: Task) {
  const attributes = {
    'agentctl.evaluation.id': eval_id,
    'agentctl.evaluation.attempt': attempt,
    'agentctl.program.language': language,
  }
  return ['run program', { attributes }] as const
}

export function createRuns(options: RunsOptions): Runs {
  const { sandbox, languages, concurrency, maxWaiting, metrics, log } = options
  const places = createPlaces(concurrency)
  /** A language that has fewer places than there are keeps its programs out of the line of the others. */
  const own = new Map<Language, Places>()
  for (const language of languages) {
    const most = sandbox.concurrency?.[language]
    if (most !== undefined && most < concurrency) own.set(language, createPlaces(most))
  }
  const all = [places, ...own.values()]
  const waiting = () => all.reduce((sum, line) => sum + line.waiting, 0)
  const under = new Set<Promise<unknown>>()
  let stopping = false

  const refuseStopping = () => sandboxError('EXECUTOR_STOPPING', 'this executor takes no more programs')

  async function enter(language: Language, signal: AbortSignal): Promise<(() => void) | undefined> {
    const first = own.get(language)
    const leaveOwn = first === undefined ? () => {} : await first.enter(signal)
    if (leaveOwn === undefined) return undefined
    const leave = await places.enter(signal)
    if (leave === undefined) {
      leaveOwn()
      return undefined
    }
    return () => {
      leave()
      leaveOwn()
    }
  }

  async function runTask(task: Task, call: RunCall): Promise<Outcome | undefined> {
    const leave = await enter(task.language, call.signal)
    if (leave === undefined) {
      if (stopping) throw refuseStopping()
      return undefined
    }
    const started = performance.now()
    let status: string = 'lost'
    try {
      call.onRunning()
      const outcome = await inSpan(...running(task), async (span) => {
        const ended = await sandbox.run(task, call)
        span.set({ 'agentctl.program.status': ended.status })
        return ended
      })
      status = outcome.status
      return outcome
    } catch (error) {
      log.error({ eval_id: task.eval_id, attempt: task.attempt, reason: messageOf(error) }, 'sandbox failed')
      throw error
    } finally {
      leave()
      metrics.ran(task.language, status, (performance.now() - started) / 1_000)
    }
  }

  return {
    get running() {
      return places.taken
    },
    get waiting() {
      return waiting()
    },
    admit({ language }) {
      if (stopping) throw refuseStopping()
      if (!languages.includes(language)) {
        const detail = `${language} is not among ${languages.join(', ')}`
        throw sandboxError('SANDBOX_LANGUAGE_MISSING', detail, { field: 'body.language' })
      }
      const mustWait = places.full || own.get(language)?.full === true
      if (!mustWait || waiting() < maxWaiting) return
      const detail = `${places.taken} programs run, and ${waiting()} wait`
      throw sandboxError('SANDBOX_BUSY', detail, { retryAfter: RETRY_AFTER })
    },
    async run(task, call) {
      const work = runTask(task, call)
      under.add(work)
      try {
        return await work
      } finally {
        under.delete(work)
      }
    },
    async drain() {
      stopping = true
      for (const line of all) line.close()
      await Promise.allSettled(under)
    },
  }
}
