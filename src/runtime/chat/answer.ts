import { AgentctlError, FatalError, isFatal, type Logger, messageOf, toProblem } from '../kernel/index.ts'
import type { RunningJob } from '../platform/queue/index.ts'
import { DONE, isEnd } from './entry.ts'
import { chatError } from './errors.ts'
import type { ChatContext, ChatHandler } from './handler.ts'
import type { Chat, ChatJob, ChatMessage } from './messages.ts'
import type { Transcript } from './transcript.ts'
import { createWriter, type Writer } from './writer.ts'

export interface AnswerOptions {
  transcript: Transcript
  handler: ChatHandler
  /** Named in every message. */
  containerId: string
  containerFeatureId: string
  /** Milliseconds one attempt may take. */
  timeout: number
  log: Logger
}

/** How often a working job looks whether it is still wanted, in milliseconds. */
const TOUCH_INTERVAL = 1_000

/**
 * Runs the handler for one job and writes what it yields to the chat's stream. Resolves when there is
 * nothing left to do for this job, also when somebody else has taken over; rejects to have it retried.
 */
export async function answer(job: RunningJob<ChatJob>, options: AnswerOptions): Promise<void> {
  const { transcript } = options
  const { feature_id: feature, chat_id: id, run, input } = job.data
  const chat: Chat = { feature, chat: id }
  // Waiting in a long queue may have outlived the stream: then it is opened again under the same run.
  const state = await transcript.start(chat, run, input)
  // A job that was given to another queue counts from 1 again: what is in the stream knows better.
  const attempt = Math.max(job.attempt, state.attempt + 1)
  const log = options.log.child({ job: job.id, feature, chat: id, attempt })
  if (state.run !== run || isEnd(state))
    return log.info('nothing left to do: the chat has ended or was started anew')
  const writer = createWriter(transcript, chat, run, attempt)
  const written = state.seq + 1
  if (written > 0) log.info({ written }, 'continuing the answer of an earlier attempt')
  const limits = watch(job, chat, attempt, options)
  try {
    await produce({ job, chat, attempt, writer, written, signal: limits.signal, log }, options)
  } catch (error) {
    await settleFailure(error, limits.signal, job, writer, log)
  } finally {
    limits.stop()
  }
}

interface Production {
  job: RunningJob<ChatJob>
  chat: Chat
  attempt: number
  writer: Writer
  written: number
  signal: AbortSignal
  log: Logger
}

async function produce(production: Production, options: AnswerOptions): Promise<void> {
  const { job, chat, writer, signal, log } = production
  const { transcript, handler } = options
  let next = 0
  const context: ChatContext = {
    signal,
    attempt: production.attempt,
    written: production.written,
    async resume() {
      const earlier = await transcript.messages(chat, job.data.run)
      writer.skip(earlier)
      next = earlier.length
      return earlier.map((data) => (JSON.parse(data) as ChatMessage).message)
    },
    log,
  }
  const { feature_id, chat_id, input } = job.data
  const chunks = handler({ feature_id, chat_id, ...input }, context)
  for await (const chunk of untilAborted(iterate(chunks), signal)) {
    const data = toMessage(chunk, next++, job.data, options)
    if (!(await writer.message(data))) return log.info('stopping: the chat was cancelled or taken over')
  }
  await writer.end('done', DONE)
}

function iterate(chunks: unknown): AsyncIterator<unknown> {
  const make = (chunks as Partial<AsyncIterable<unknown>> | null | undefined)?.[Symbol.asyncIterator]
  if (make) return make.call(chunks as AsyncIterable<unknown>)
  Promise.resolve(chunks).catch(() => {}) // an async function: nobody else would wait for its failure
  throw chatError('CHAT_HANDLER_INVALID', `the handler returned ${typeof chunks}, not an async iterable`)
}

/** Ends a handler that does not heed the signal too: it is left behind, and told to return. */
async function* untilAborted(chunks: AsyncIterator<unknown>, signal: AbortSignal): AsyncGenerator<unknown> {
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
  })
  aborted.catch(() => {})
  signal.addEventListener('abort', stop)
  try {
    for (;;) {
      signal.throwIfAborted()
      const step = await Promise.race([chunks.next(), aborted])
      if (step.done) return
      yield step.value
    }
  } finally {
    signal.removeEventListener('abort', stop)
    Promise.resolve(chunks.return?.()).catch(() => {})
  }
}

function toMessage(chunk: unknown, index: number, job: ChatJob, options: AnswerOptions): string {
  if (typeof chunk !== 'string' && (typeof chunk !== 'object' || chunk === null)) {
    throw chatError(
      'CHAT_MESSAGE_INVALID',
      `message ${index} is ${chunk === null ? 'null' : `of type ${typeof chunk}`}`,
    )
  }
  const message: ChatMessage = {
    id: String(index),
    feature_id: job.feature_id,
    chat_id: job.chat_id,
    message: chunk,
    timestamp: new Date().toISOString(),
    container_id: options.containerId,
    container_feature_id: options.containerFeatureId,
    worker: 'bullmq',
  }
  try {
    return JSON.stringify(message)
  } catch (cause) {
    throw chatError(
      'CHAT_MESSAGE_INVALID',
      `message ${index} cannot be written as JSON: ${messageOf(cause)}`,
      { cause },
    )
  }
}

/** Joins all reasons to stop into one signal: time out, cancelled, superseded, shut down. */
function watch(
  job: RunningJob<ChatJob>,
  chat: Chat,
  attempt: number,
  { transcript, timeout }: AnswerOptions,
) {
  const own = new AbortController()
  const timer = setTimeout(
    () => own.abort(chatError('CHAT_TIMEOUT', `not finished after ${timeout} ms`)),
    timeout,
  )
  const toucher = setInterval(async () => {
    const status = await transcript.touch(chat, job.data.run, attempt).catch(() => 'alive')
    if (status !== 'alive') own.abort(new NotWanted(status))
  }, TOUCH_INTERVAL)
  return {
    signal: AbortSignal.any([job.signal, own.signal]),
    stop() {
      clearTimeout(timer)
      clearInterval(toucher)
    },
  }
}

/** The run has been cancelled, has ended or belongs to another attempt: no failure of the handler. */
class NotWanted extends Error {}

async function settleFailure(
  thrown: unknown,
  signal: AbortSignal,
  job: RunningJob<ChatJob>,
  writer: Writer,
  log: Logger,
): Promise<void> {
  const error = signal.aborted ? signal.reason : thrown
  if (error instanceof NotWanted)
    return log.info({ why: error.message }, 'stopped: the chat no longer needs this answer')
  if (job.signal.aborted) throw error // another worker continues
  const known =
    error instanceof AgentctlError
      ? error
      : chatError('CHAT_HANDLER_FAILED', messageOf(error), { cause: error })
  const final = job.last || isFatal(error) || known.code !== 'CHAT_HANDLER_FAILED'
  log.error({ err: error, final }, final ? 'the chat failed' : 'the handler failed, trying again')
  if (!final) throw error
  await writer.end('error', JSON.stringify(toProblem(known)))
  throw new FatalError(known.message, { cause: error })
}
