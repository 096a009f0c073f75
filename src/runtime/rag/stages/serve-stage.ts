import { AgentctlError, FatalError, isFatal, messageOf } from '../../kernel/index.ts'
import type { BatchJob, HandOver, ServedQueue } from '../../platform/queue/index.ts'
import { ragError } from '../errors.ts'
import type { JobHead } from '../jobs.ts'
import type { StageTools } from './tools.ts'

export interface StageWork<T extends JobHead> {
  /** The stage, for people and metrics. */
  stage: string
  queue: string
  concurrency: number
  /** How often a job is tried in all. */
  attempts: number
  /** Does the stage's part; `signal` is aborted at the job's deadline too. */
  work(job: BatchJob<T>): Promise<HandOver>
}

/**
 * Makes a stage's work a served queue: expired jobs are dropped, the time is measured, and a job that fails for good leaves
 * a completion that names the stage.
 */
export function serveStage<T extends JobHead>(
  { stage, queue, concurrency, attempts, work }: StageWork<T>,
  { completions, chats, observe, log }: StageTools,
): ServedQueue {
  async function process(job: BatchJob<T>): Promise<HandOver> {
    const began = performance.now()
    const limit = untilDeadline(job)
    try {
      return await work({ ...job, signal: limit.signal })
    } catch (error) {
      throw limit.signal.aborted && !job.signal.aborted ? limit.signal.reason : error
    } finally {
      limit.stop()
      observe(stage, performance.now() - began)
    }
  }

  async function onFailed({ id, data }: { id: string; data: T }, thrown: Error): Promise<void> {
    const error = nameStage(stage, thrown)
    log.warn({ job: id, stage, code: error.code, reason: error.message }, 'a job failed for good')
    await completions.fail(data.gateway, data.chat ?? id, error)
    if (data.chat !== undefined) await (await chats()).end({ chat: data.chat, run: id }, error)
  }

  return { name: queue, concurrency, attempts, process, onFailed } as ServedQueue
}

/** Joins the job's own signal and its deadline. */
function untilDeadline({ data, signal }: BatchJob<JobHead>) {
  const controller = new AbortController()
  const expire = () =>
    controller.abort(
      ragError('RAG_TIMEOUT', `not finished ${data.deadline - data.accepted_at} ms after it was accepted`),
    )
  const left = data.deadline - Date.now()
  if (left <= 0) {
    expire()
    throw controller.signal.reason
  }
  const passOn = () => controller.abort(signal.reason)
  const timer = setTimeout(expire, left)
  if (signal.aborted) passOn()
  else signal.addEventListener('abort', passOn)
  return {
    signal: controller.signal,
    stop() {
      clearTimeout(timer)
      signal.removeEventListener('abort', passOn)
    },
  }
}

/** Keeps code and status of a known error, and says where it happened. */
function nameStage(stage: string, thrown: Error): AgentctlError {
  const error = isFatal(thrown) && thrown instanceof FatalError && thrown.cause ? thrown.cause : thrown
  const detail = `${stage}: ${messageOf(error)}`
  if (!(error instanceof AgentctlError)) return ragError('RAG_FAILED', detail, { cause: error })
  const { code, field, retryAfter, fix } = error
  return new AgentctlError(code, error, detail, {
    cause: error,
    fix,
    ...(field === undefined ? {} : { field }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  })
}
