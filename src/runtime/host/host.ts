import {
  AgentctlError,
  type HeldSocket,
  type Leaving,
  type Logger,
  messageOf,
  onShutdown,
  type Role,
  type RoleContext,
  type RunningRole,
  type Tracer,
  watchParent,
  withDeadline,
} from '../kernel/index.ts'
import { BEAT_INTERVAL, type HostMessage, supervisorMessage } from './protocol.ts'

export interface HostOptions {
  role: Role
  /** Milliseconds. */
  options: Record<string, unknown> & { drainTimeout: number; drainDelay?: number }
  /** Replica name, and its number under a supervisor. */
  name: string
  index?: number
  tracer?: Tracer
  socket?: HeldSocket
  log: Logger
}

/** Milliseconds left to a role when the process that started it is gone. */
const ORPHAN_GRACE = 5_000
/** Milliseconds beyond its own drain timeout that a role may take to close. */
const CLOSE_GRACE = 5_000

/**
 * Runs one role in this process until it is told to stop, by a signal or by the end of the process that
 * started it. Resolves with the exit code. A second signal ends the process at once.
 * @throws whatever the role's start throws
 */
export async function hostRole({ role, options, log, ...about }: HostOptions): Promise<number> {
  const stop = waitForStop(log)
  const running = await start(role, options, { log, ...about })
  // In this order: whoever hears of it finds it in the log.
  log.info(running.facts, `${role.name} is ready`)
  tell({ type: 'ready', facts: { ...running.facts } })
  beat()
  const beats = setInterval(beat, BEAT_INTERVAL)
  const answering = answerQuestions(running)
  const reason = await stop.requested
  log.info({ reason: reason.why }, 'stopping')
  const leaving = leavingOf(reason, options)
  const grace = reason.orphaned ? ORPHAN_GRACE : leaving.delay + leaving.timeout + CLOSE_GRACE
  try {
    await withDeadline(end(running, { ...leaving, signal: stop.hurry }), grace, `stopping ${about.name}`)
    log.info('stopped')
    return 0
  } catch (error) {
    log.error({ err: error }, 'did not stop cleanly')
    return 1
  } finally {
    clearInterval(beats)
    answering.end()
    stop.release()
  }
}

function leavingOf(
  { orphaned, succeeded }: StopReason,
  { drainTimeout, drainDelay = 0 }: HostOptions['options'],
): Omit<Leaving, 'signal'> {
  return { succeeded, delay: orphaned || succeeded ? 0 : drainDelay, timeout: drainTimeout }
}

async function end(running: RunningRole, how: Leaving): Promise<void> {
  try {
    await running.leave?.(how)
  } finally {
    await running.stop()
  }
}

async function start(
  role: Role,
  options: HostOptions['options'],
  context: RoleContext,
): Promise<RunningRole> {
  try {
    return await role.start(options, context)
  } catch (error) {
    tell(toFailure(error))
    throw error
  }
}

function toFailure(error: unknown): HostMessage {
  if (!(error instanceof AgentctlError))
    return { type: 'failed', code: 'INTERNAL', detail: messageOf(error), fix: '', fatal: false }
  const fatal = error.kind === 'usage' || error.kind === 'environment'
  return { type: 'failed', code: error.code, detail: error.message, fix: error.fix, fatal }
}

interface StopReason {
  why: string
  /** There is nobody left to wait for. */
  orphaned: boolean
  /** Another process has taken the place of this one. */
  succeeded: boolean
}

interface StopRequest {
  requested: Promise<StopReason>
  /** Aborted when it was asked for again, by other means. */
  hurry: AbortSignal
  release(): void
}

function waitForStop(log: Logger): StopRequest {
  const { promise: requested, resolve } = Promise.withResolvers<StopReason>()
  const hurry = new AbortController()
  const stop = (why: string, how: Partial<StopReason> = {}) => {
    resolve({ why, orphaned: false, succeeded: false, ...how })
  }
  let succeeded = false
  const onMessage = (raw: unknown) => {
    if (supervisorMessage.safeParse(raw).data?.type !== 'succeeded') return
    succeeded = true
    stop('another process has taken its place', { succeeded })
  }
  process.on('message', onMessage)
  onShutdown(
    process,
    (code) => {
      if (succeeded) hurry.abort()
      stop(`signal (${code})`)
    },
    (code) => {
      log.warn('second signal: leaving at once')
      process.exit(code)
    },
  )
  const release = watchParent(process, () => {
    hurry.abort()
    stop('the supervisor is gone', { orphaned: true })
  })
  return {
    requested,
    hurry: hurry.signal,
    release() {
      process.off('message', onMessage)
      release()
    },
  }
}

/** Tells the supervisor what the role measures, as often as it asks. */
function answerQuestions(running: RunningRole): { end(): void } {
  const answer = async (raw: unknown) => {
    const { data: question } = supervisorMessage.safeParse(raw)
    if (question?.type !== 'metrics') return
    const text = await running.metrics?.().catch(() => null)
    tell({ type: 'metrics', id: question.id, text: text ?? null })
  }
  process.on('message', answer)
  return { end: () => process.off('message', answer) }
}

function beat(): void {
  tell({ type: 'beat', rss: process.memoryUsage.rss() })
}

function tell(message: HostMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}
