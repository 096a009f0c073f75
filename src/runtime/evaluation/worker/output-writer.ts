import { type Logger, messageOf } from '../../kernel/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import type { OutputName } from '../../sandbox/index.ts'
import { outputKey } from '../keys.ts'

/** Shows the output of one attempt to whoever looks on. What cannot be written is missing there, and nowhere else. */
export interface OutputWriter {
  write(name: OutputName, text: string): void
  /** The attempt was lost: writes what is left, and nothing after it. */
  stop(): void
  /** The evaluation has come to its end, which is in its record: whoever looks on is told. */
  end(): void
}

export interface OutputWriterOptions {
  redis: RedisClient
  id: string
  attempt: number
  /** Milliseconds from the first text to its being written, and between two writes. */
  interval?: number
  log: Logger
}

const INTERVAL = 50
/** Seconds that the stream lives while the program runs, and after its end. */
const LIFE = 3_600
const REST = 60

type Entry = Readonly<Record<string, string | number>>
interface Piece {
  name: OutputName
  text: string
}

export function createOutputWriter(options: OutputWriterOptions): OutputWriter {
  const { redis, id, attempt, interval = INTERVAL, log } = options
  const key = outputKey(id)
  /** Characters written so far. */
  const at: Record<OutputName, number> = { stdout: 0, stderr: 0 }
  let pieces: Piece[] = []
  let timer: NodeJS.Timeout | undefined
  /** There may be somebody who looks at the stream. */
  let open = false
  let ended = false

  async function send(entries: readonly Entry[], life: number): Promise<void> {
    open = true
    try {
      // One turn of the event loop is one system call.
      await Promise.all([
        ...entries.map((entry) => redis.xadd(key, '*', ...Object.entries(entry).flat())),
        redis.expire(key, life),
        redis.publish(key, ''),
      ])
    } catch (error) {
      log.debug({ evaluation: id, reason: messageOf(error) }, 'live output could not be written')
    }
  }

  function take(): Entry[] {
    const entries = pieces.map(({ name, text }) => {
      const entry = { kind: 'output', attempt, name, text, at: at[name] }
      at[name] += text.length
      return entry
    })
    pieces = []
    return entries
  }

  function schedule(): void {
    timer ??= setTimeout(async () => {
      // While Redis is away, text gathers here instead of in the driver.
      if (pieces.length > 0) await send(take(), LIFE)
      timer = undefined
      if (pieces.length > 0 && !ended) schedule()
    }, interval)
  }

  function stop(): void {
    clearTimeout(timer)
    ended = true
  }

  if (attempt > 1) void send([{ kind: 'attempt', attempt }], LIFE)

  return {
    write(name, text) {
      if (ended || text === '') return
      const last = pieces.at(-1)
      if (last?.name === name) last.text += text
      else pieces.push({ name, text })
      schedule()
    },
    stop() {
      if (!ended && open && pieces.length > 0) void send(take(), LIFE)
      stop()
    },
    end() {
      if (ended) return
      // A short program has no stream: all of it is in the record.
      if (open) void send([...take(), { kind: 'end', attempt }], REST)
      stop()
    },
  }
}
