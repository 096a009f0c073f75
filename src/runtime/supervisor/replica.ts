import type { Logger } from '../kernel/index.ts'
import type { Exit } from '../platform/process/index.ts'
import { supervisorError } from './errors.ts'
import { afterCrash, noCrashes, type RestartState } from './restarts.ts'

export type ReplicaState =
  | 'starting'
  | 'ready'
  | 'unhealthy'
  | 'backoff'
  | 'crashloop'
  | 'stopping'
  | 'stopped'
  /** It said that starting again cannot help. */
  | 'failed'

/** Why a role says it cannot start. */
export interface StartFailure {
  code: string
  detail: string
  fix: string
}

/** One run of a replica's program. */
export interface Launched {
  pid: number
  exited: Promise<Exit>
  terminate(): void
  /** Asks it to end, as another program has taken its place. */
  succeed?(): void
  kill(): void
  /** What it measures of itself, in the text format of Prometheus; null when it does not say within `timeout` milliseconds. */
  metrics?(timeout: number): Promise<string | null>
}

export interface LaunchEvents {
  onReady(facts: Readonly<Record<string, string>>): void
  onBeat(rss: number): void
  onFatal(failure: StartFailure): void
}

export type Launch = (events: LaunchEvents) => Promise<Launched>

export interface ReplicaSnapshot {
  name: string
  role: string
  state: ReplicaState
  pid: number | null
  restarts: number
  /** ISO 8601, null while not ready. */
  ready_since: string | null
  /** Bytes. */
  rss: number | null
  facts: Readonly<Record<string, string>>
  last_exit: Exit | null
  failure: StartFailure | null
}

export interface Replica {
  readonly name: string
  readonly role: string
  snapshot(): ReplicaSnapshot
  /** Ends the running program, if any, and starts it anew without waiting. */
  restart(): void
  /**
   * Resolves when nothing of it is left.
   * @param succeeded another replica has taken its place: it may see those off who still talk to it
   */
  stop(succeeded?: boolean): Promise<void>
  /** Ends it at once. */
  kill(): void
  /** What it measures of itself; null when it does not run or does not say within `timeout` milliseconds. */
  metrics(timeout: number): Promise<string | null>
  /** Resolves once it is ready; rejects when it cannot start, keeps crashing or was stopped. */
  readonly settled: Promise<void>
}

export interface ReplicaOptions {
  name: string
  role: string
  launch: Launch
  /** Milliseconds it may take to finish. */
  stopTimeout: number
  /** Whether it sends beats, so that their absence means something. */
  beats: boolean
  log: Logger
  /** How often what it takes the place of was started again. */
  restarts?: number
  /** Milliseconds of a clock that goes on evenly, whatever is done to the time of day. */
  now?: () => number
  random?: () => number
  onChange?: () => void
}

/** Milliseconds without a beat after which a replica is called unhealthy, and after which it is replaced. */
const UNHEALTHY_AFTER = 10_000
const REPLACE_AFTER = 30_000
const HEALTH_CHECK = 1_000
/** Milliseconds a replica may take to become ready. */
const START_TIMEOUT = 60_000

/**
 * Keeps one program running. There is a single loop per replica and only it starts programs, so that no
 * two requests can ever start it twice.
 */
export function startReplica(options: ReplicaOptions): Replica {
  const {
    name,
    role,
    launch,
    stopTimeout,
    log,
    now = () => performance.now(),
    random = Math.random,
  } = options
  let state: ReplicaState = 'starting'
  let process: Launched | undefined
  let facts: Readonly<Record<string, string>> = {}
  let failure: StartFailure | null = null
  let lastExit: Exit | null = null
  let readyAt: number | undefined
  let readySince: string | null = null
  let launchedAt = 0
  let beatAt = 0
  let rss: number | null = null
  let restarts = options.restarts ?? 0
  let wanted = true
  let restartNow = false
  let crashes: RestartState = noCrashes
  let finishing: Promise<void> | undefined
  let seesOff = false
  let wake = () => {}
  const settled = Promise.withResolvers<void>()
  settled.promise.catch(() => {})

  function enter(next: ReplicaState): void {
    state = next
    options.onChange?.()
  }

  async function keepRunning(): Promise<void> {
    while (wanted) {
      await runOnce()
      if (wanted) await (failure === null ? backOff() : waitForRestart())
    }
    enter('stopped')
    settled.reject(supervisorError('ROLE_STOPPED', `${name} was stopped before it was ready`))
  }

  async function runOnce(): Promise<void> {
    enter('starting')
    restartNow = false
    failure = null
    readyAt = undefined
    try {
      process = await launch({ onReady, onBeat, onFatal })
    } catch (error) {
      log.error({ err: error, replica: name }, 'could not be started')
      lastExit = { code: null, signal: null }
      return
    }
    launchedAt = now()
    if (!wanted || restartNow) void finish()
    const health = options.beats ? setInterval(checkHealth, HEALTH_CHECK) : undefined
    lastExit = await process.exited
    clearInterval(health)
    process.kill() // whatever it left behind in its group
    process = undefined
    rss = null
  }

  /** It said that starting again cannot help: only a person can. */
  async function waitForRestart(): Promise<void> {
    if (restartNow) return
    enter('failed')
    settled.reject(toError(failure))
    await sleep()
  }

  /** After a crash: waits as long as the crashes so far demand, unless somebody asks for a restart. */
  async function backOff(): Promise<void> {
    restarts++
    if (restartNow) return
    const uptime = readyAt === undefined ? 0 : now() - readyAt
    const next = afterCrash(crashes, uptime, random())
    crashes = next.state
    log.warn({ replica: name, exit: lastExit, again_in_ms: next.delay }, `${name} ended unexpectedly`)
    enter(next.crashloop ? 'crashloop' : 'backoff')
    if (next.crashloop)
      settled.reject(supervisorError('ROLE_CRASHES', `${name} ended ${next.state.crashes} times`))
    await sleep(next.delay)
  }

  /** Until `wake()` is called, at most `ms`. */
  function sleep(ms?: number): Promise<void> {
    return new Promise((resume) => {
      const timer = ms === undefined ? undefined : setTimeout(resume, ms)
      wake = () => {
        clearTimeout(timer)
        resume()
      }
    })
  }

  function onReady(newFacts: Readonly<Record<string, string>>): void {
    facts = newFacts
    readyAt = beatAt = now()
    readySince = new Date().toISOString()
    if (state === 'starting') enter('ready')
    settled.resolve()
  }

  function onBeat(bytes: number): void {
    rss = bytes
    beatAt = now()
    if (state === 'unhealthy') enter('ready')
  }

  function onFatal(reason: StartFailure): void {
    failure = reason
  }

  function checkHealth(): void {
    if (state === 'stopping') return
    const silence = now() - (readyAt === undefined ? launchedAt : beatAt)
    if (silence > (readyAt === undefined ? START_TIMEOUT : REPLACE_AFTER)) {
      log.error({ replica: name, silent_ms: silence }, `${name} does not react and is replaced`)
      process?.kill()
    } else if (silence > UNHEALTHY_AFTER && state === 'ready') enter('unhealthy')
  }

  /** Asks the running program to end, once: a second SIGTERM would make it leave in the middle of its work. */
  function finish(succeeded = false): Promise<void> {
    if (finishing === undefined) seesOff = succeeded
    else if (seesOff && !succeeded) {
      // Nobody is seen off any more, once it is to end by all means.
      seesOff = false
      process?.terminate()
    }
    finishing ??= endProgram(succeeded).finally(() => {
      finishing = undefined
    })
    return finishing
  }

  async function endProgram(succeeded: boolean): Promise<void> {
    enter('stopping')
    const current = process
    if (succeeded && current?.succeed) current.succeed()
    else current?.terminate()
    const deadline = setTimeout(() => current?.kill(), stopTimeout)
    await current?.exited
    clearTimeout(deadline)
  }

  const loop = keepRunning()

  return {
    name,
    role,
    settled: settled.promise,
    snapshot: () => ({
      name,
      role,
      state,
      pid: process?.pid ?? null,
      restarts,
      ready_since: readyAt === undefined || process === undefined ? null : readySince,
      rss,
      facts,
      last_exit: lastExit,
      failure,
    }),
    restart() {
      if (!wanted || restartNow) return
      restartNow = true
      crashes = noCrashes
      if (process) void finish()
      wake()
    },
    async stop(succeeded) {
      wanted = false
      wake()
      if (process) await finish(succeeded)
      await loop
    },
    kill() {
      wanted = false
      wake()
      process?.kill()
    },
    async metrics(timeout) {
      // A program that starts does not listen yet.
      return (readyAt === undefined ? null : process?.metrics?.(timeout)) ?? null
    },
  }
}

function toError(failure: StartFailure | null): Error {
  const { code, detail, fix } = failure ?? { code: 'INTERNAL', detail: 'unknown', fix: '' }
  return supervisorError('ROLE_FAILED', `${detail} (${code})`, fix === '' ? {} : { fix })
}
