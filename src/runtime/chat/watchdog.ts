import { type AgentctlError, type Logger, toProblem } from '../kernel/index.ts'
import { isEnd } from './entry.ts'
import { chatError } from './errors.ts'
import type { Chat, RunInput } from './messages.ts'
import type { Pools } from './pools.ts'
import type { ChatQueues } from './queues.ts'
import type { Runs } from './runs.ts'
import type { Transcript } from './transcript.ts'

/** What a reader can be told about the chat it follows. */
export interface WatchCallbacks {
  /** Another run has taken the place of the one that was followed. */
  onMoved(run: string): void
  /** There is nobody to answer. */
  onAbandoned(error: AgentctlError): void
}

export interface Watch {
  /** An entry has arrived: no need to look for a while. */
  seen(run: string): void
  release(): void
}

/**
 * Looks after chats that somebody reads and that have gone quiet: adds the job again that a crash kept
 * from being added, starts again what a flush of Redis took away, ends what has failed unheard, keeps
 * waiting streams from expiring, and tells the readers when no worker is there.
 */
export interface Watchdog {
  watch(chat: Chat, run: string, input: RunInput, callbacks: WatchCallbacks): Watch
  close(): void
}

export interface WatchdogOptions {
  transcript: Transcript
  queues: ChatQueues
  pools: Pick<Pools, 'isAlive'>
  runs: Runs
  /** Milliseconds for which a job may wait without any living worker before its readers are sent away. */
  workerWait: number
  log: Logger
}

/** Milliseconds without news after which a chat is looked at, and between two looks. */
const QUIET = 2_000
const TICK = 500

interface Watched {
  chat: Chat
  run: string
  input: RunInput
  quietSince: number
  /** Since when no worker has been there for it. */
  alone: number | undefined
  checking: boolean
  /** Its end was seen in the stream, although a reader may still lack it. */
  ended: boolean
  readers: Set<WatchCallbacks>
}

export function createWatchdog(options: WatchdogOptions): Watchdog {
  const { transcript, queues, pools, runs, workerWait, log } = options
  const watched = new Map<string, Watched>()
  const timer = setInterval(tick, TICK)

  function tick(): void {
    const before = Date.now() - QUIET
    for (const item of watched.values()) {
      if (!item.checking && item.quietSince <= before) void look(item)
    }
  }

  async function look(item: Watched): Promise<void> {
    item.checking = true
    try {
      await heal(item)
    } catch (error) {
      log.debug(
        { reason: (error as Error).message, ...item.chat },
        'looking after a chat failed, trying again',
      )
    }
    item.checking = false
    item.quietSince = Date.now()
  }

  /** Acts on the run that was there at first only: meanwhile another may have taken its place. */
  async function heal(item: Watched): Promise<void> {
    const { run } = item
    const newest = await transcript.newest(item.chat)
    if (item.run !== run) return
    if (!newest) return item.ended ? abandon(item, lost('its end has expired')) : restart(item)
    if (newest.run !== run) return moved(item, newest.run)
    item.ended = isEnd(newest)
    if (item.ended) return
    if (run === '') return expectForeignEnd(item)
    const { state, pool } = await queues.state(item.chat.feature, run)
    if (item.run !== run) return
    if (state === 'waiting' || state === 'active') return attend(item, run, pool)
    item.alone = undefined
    if (state === 'unknown') return enqueueAgain(item, run)
    return end(item, run)
  }

  async function restart(item: Watched): Promise<void> {
    log.warn({ ...item.chat }, 'the stream is gone: starting the chat again')
    const { run } = await runs.open(item.chat, item.input)
    moved(item, run)
  }

  function moved(item: Watched, run: string): void {
    item.run = run
    item.alone = undefined
    for (const reader of [...item.readers]) reader.onMoved(run)
  }

  async function enqueueAgain({ chat, input }: Watched, run: string): Promise<void> {
    log.warn({ ...chat, run }, 'the job is missing: adding it again')
    await runs.enqueue(chat, run, input)
  }

  async function end({ chat }: Watched, run: string): Promise<void> {
    const problem = toProblem(lost('the job has ended without an end in its stream'))
    await transcript.append(chat, { run, kind: 'error', data: JSON.stringify(problem) })
  }

  /** Its job is there: what remains to be seen is whether anybody is there for the job. */
  async function attend(item: Watched, run: string, pool: string): Promise<void> {
    await transcript.touch(item.chat, run)
    if (await pools.isAlive(pool)) {
      item.alone = undefined
      return
    }
    const error = chatError(
      'CHAT_NO_WORKER',
      `no worker of the pool "${pool}" has been there for ${workerWait / 1000} s`,
    )
    leaveAlone(item, error)
  }

  /** A stream that a foreign program writes has no job to ask about: only its silence tells. */
  function expectForeignEnd(item: Watched): void {
    leaveAlone(item, lost(`nothing was added to it for ${workerWait / 1000} s`))
  }

  function leaveAlone(item: Watched, error: AgentctlError): void {
    item.alone ??= Date.now()
    if (Date.now() - item.alone >= workerWait) abandon(item, error)
  }

  function abandon(item: Watched, error: AgentctlError): void {
    for (const reader of [...item.readers]) reader.onAbandoned(error)
  }

  return {
    watch(chat, run, input, callbacks) {
      const key = `${chat.feature}:${chat.chat}`
      const item = watched.get(key) ?? {
        chat,
        run,
        input,
        quietSince: Date.now(),
        alone: undefined,
        checking: false,
        ended: false,
        readers: new Set(),
      }
      watched.set(key, item)
      item.readers.add(callbacks)
      if (item.run !== run) Object.assign(item, { run, input })
      return {
        seen(current) {
          if (item.run !== current) item.ended = false
          item.run = current
          item.quietSince = Date.now()
          item.alone = undefined
        },
        release() {
          item.readers.delete(callbacks)
          if (item.readers.size === 0 && watched.get(key) === item) watched.delete(key)
        },
      }
    },
    close() {
      clearInterval(timer)
      watched.clear()
    },
  }
}

function lost(why: string): AgentctlError {
  return chatError('CHAT_LOST', why)
}
