import type { Lease } from '../../balancer/index.ts'
import { messageOf } from '../../kernel/index.ts'
import { queuedFacts } from '../events.ts'
import { type EvaluationJob, type Facts, isTerminal } from '../messages.ts'
import type { End } from '../records.ts'
import { createNews } from './news.ts'
import type { OutputWriter } from './output-writer.ts'
import { type FailedRun, runTask } from './run-task.ts'
import { createSearch } from './search.ts'
import type { EvaluateSignals, EvaluateTools } from './tools.ts'
import { afterFailure, cancelledEnd, infraError, MAX_ATTEMPTS } from './verdict.ts'

interface Attempt {
  number: number
  startedAt: string
}

/** `won`: it has come to its end here, and nobody has told of it. */
interface Ended {
  facts: Facts
  won: boolean
}

/**
 * A program that stands in line when its executor is lost has done nothing to that. But should one be to blame again and
 * again, so that executors end over it before it has begun, so many times are an attempt.
 */
const UNSTARTED = 10

/** Milliseconds before an executor that was lost is asked again, when there is no other; longer with each attempt. */
const LOST_PAUSE = 500

/**
 * Takes one evaluation from its job to its end, and tells everybody. After a crash at any point it may be done again: what
 * has ended is told again, under the same event id, and what has not is run again as another attempt.
 * @returns the end; undefined when another worker has taken over
 * @throws the reason of one of the signals, and errors after which the job is to be tried again
 */
export async function evaluate(
  job: EvaluationJob,
  signals: EvaluateSignals,
  tools: EvaluateTools,
): Promise<Facts | undefined> {
  const watch = tools.cancellations.watch(job.eval_id)
  try {
    const evaluation = createEvaluation(job, { ...signals, cancelled: watch.signal }, tools)
    return await evaluation.run()
  } finally {
    watch.close()
  }
}

function createEvaluation(
  job: EvaluationJob,
  { signal, draining, cancelled }: EvaluateSignals & { cancelled: AbortSignal },
  tools: EvaluateTools,
) {
  const { records, worker, now, emit } = tools
  const { eval_id: id, language, code, stdin, args, limits } = job
  const log = tools.log.child({ evaluation: id })
  const search = createSearch(tools)
  const news = createNews()
  /** The one that is under way, or waits for an executor with room. */
  let attempt: Attempt | undefined
  let output: OutputWriter | undefined
  let executor: string | undefined
  let unstarted = 0

  const timestamp = () => new Date(now()).toISOString()

  /** @returns the end, when the evaluation has one already or may not begin any more */
  async function begin(): Promise<Ended | undefined> {
    const startedAt = timestamp()
    const begun = await records.begin(job, { worker, startedAt })
    if (begun.untold) news.add(tellQueued)
    if (begun.state === 'ended') return { facts: begun.facts, won: false }
    const { attempt: number } = begun
    if (begun.state === 'cancel') return finish(cancelledEnd(), { number })
    if (number > MAX_ATTEMPTS) {
      const end = infraError(`each of ${MAX_ATTEMPTS} attempts was lost, with its worker or its executor`)
      return finish(end, { number })
    }
    attempt = { number, startedAt }
    news.add(() => emit(begun.facts))
    return undefined
  }

  async function tellQueued(): Promise<void> {
    await emit(queuedFacts(job), { again: true })
    await records.told(id)
  }

  async function finish(
    end: End,
    { number, startedAt }: Partial<Attempt> & Pick<Attempt, 'number'>,
  ): Promise<Ended> {
    const attempts = Math.min(number, MAX_ATTEMPTS)
    const { facts, won } = await records.finish(id, number, {
      ...end,
      attempts,
      ...(startedAt === undefined ? {} : { started_at: startedAt }),
      finished_at: timestamp(),
      worker,
      ...(executor === undefined ? {} : { executor }),
    })
    // Of an earlier attempt there may be some.
    if (attempts > 1) output ??= tools.openOutput(id, attempts)
    output?.end()
    return { facts, won }
  }

  /** @returns undefined when it is not wanted any more */
  async function findExecutor(): Promise<Lease | undefined> {
    const idle = attempt === undefined
    const signals = [signal, cancelled, ...(idle ? [draining] : [])]
    try {
      return await search.next(AbortSignal.any(signals), idle ? isWanted : undefined)
    } catch (error) {
      if (cancelled.aborted && !signal.aborted) return undefined
      throw error
    }
  }

  /** What waits is cancelled without its worker being told. */
  async function isWanted(): Promise<boolean> {
    const state = await records.readState(id)
    return state === undefined || !(isTerminal(state.status) || state.cancel)
  }

  /** @returns undefined when it is to be tried again */
  async function runAt(lease: Lease, { number }: Attempt): Promise<End | undefined> {
    executor = lease.url
    const ran = await runTask({
      client: tools.client,
      executor: lease,
      task: { eval_id: id, attempt: number, language, code, stdin, args, limits },
      signal,
      cancelled,
      onRunning() {
        output ??= tools.openOutput(id, number)
      },
      onOutput: (name, text) => output?.write(name, text),
      now,
    })
    if ('error' in ran) return fail(ran, lease, number)
    if (ran.outcome) void lease.release({ kind: 'ok' })
    return ran.end
  }

  async function fail(
    { error, backend, output: written }: FailedRun,
    { url, release }: Lease,
    number: number,
  ): Promise<End | undefined> {
    const { replica, next, retryAfter } = afterFailure(error, backend !== undefined)
    void release(replica)
    const detail = `${url}: ${messageOf(error)}`
    if (next === 'unstarted') unstarted += 1
    switch (next === 'unstarted' && unstarted % UNSTARTED === 0 ? 'lost' : next) {
      case 'refused':
        log.error({ executor: url, reason: messageOf(error) }, 'the executor refuses what it is sent')
        search.lacks(url)
        return (await search.allLack()) ? infraError(detail) : undefined
      case 'lacks':
        search.lacks(url)
        return (await search.allLack()) ? infraError(`no executor runs ${language}: ${detail}`) : undefined
      case 'unstarted':
      case 'later':
        search.tried(url, retryAfter)
        return undefined
      case 'lost':
        log.warn({ executor: url, attempt: number, reason: messageOf(error) }, 'an executor was lost')
        tools.onLost?.()
        output?.stop()
        output = undefined
        if (number >= MAX_ATTEMPTS) {
          const end = infraError(`attempt ${number} of ${MAX_ATTEMPTS}: ${detail}`, written)
          return backend === undefined ? end : { ...end, backend }
        }
        search.tried(url, LOST_PAUSE * 2 ** number)
        attempt = undefined
        return undefined
    }
  }

  async function untilEnd(): Promise<Ended> {
    for (;;) {
      const lease = await findExecutor()
      try {
        const ended = attempt === undefined ? await begin() : undefined
        if (ended !== undefined) return ended
        const begun = attempt as Attempt
        const end = lease === undefined ? cancelledEnd() : await runAt(lease, begun)
        if (end !== undefined) return await finish(end, begun)
      } finally {
        void lease?.release({ kind: 'cancelled' })
      }
    }
  }

  return {
    async run(): Promise<Facts | undefined> {
      const { facts, won } = await untilEnd()
      if (!isTerminal(facts.status)) return undefined
      if (won) tools.onEnded?.({ ...facts, queued_at: job.queued_at })
      const announced = tools.announce(id)
      news.add(() => emit(facts, { again: !won }))
      await Promise.all([news.told(), announced])
      return facts
    },
  }
}
