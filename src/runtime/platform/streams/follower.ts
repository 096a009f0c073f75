import type { Logger } from '../../kernel/index.ts'
import type { RedisClient } from '../redis/index.ts'
import { type RawEntry, type StreamEntry, toEntry } from './entries.ts'
import { compareEntryIds } from './ids.ts'
import { BATCH, type Read, readMany } from './read-many.ts'
import { parseWakeUp, type WakeUp } from './wake-up.ts'

/**
 * Follows any number of streams for any number of readers with two connections. Writers publish each new
 * entry with the id of its predecessor on the channel named like the stream. A reader that stands at the
 * predecessor gets the entry from there; for any other the stream counts as dirty, and one XREAD fetches all
 * dirty streams. The stream alone is the truth: a lost or late message costs latency (until the next one, or
 * the next sweep) and never data.
 */
export interface StreamFollower<T> {
  follow(options: FollowOptions<T>): Following
  /** Streams followed at the moment. */
  readonly streams: number
  close(): void
}

export interface FollowOptions<T> {
  key: string
  /** Entries after this id are delivered. */
  after: string
  /**
   * Takes one entry, in order. False means: taken, and nothing more until `resume()`. The reader is then
   * left at its cursor, and costs no memory for what it has not read.
   */
  deliver(entry: T): boolean
}

export interface Following {
  resume(): void
  /** Continues after another entry id, such as when the stream was made anew. */
  seek(after: string): void
  close(): void
}

export interface FollowerOptions<T> {
  /** For XREAD without blocking; may be shared with other commands. */
  redis: RedisClient
  /** For SUBSCRIBE only. */
  subscriber: RedisClient
  /** Called once an entry, however many readers it goes to; `key` is that of its stream. */
  decode: (entry: StreamEntry, key: string) => T
  log: Logger
  /** Milliseconds between two reads at the least, so that under load one read serves many wake-ups. */
  coalesce?: number
  /** Milliseconds after which a stream without wake-ups is read all the same. */
  sweep?: number
}

/** Streams in one XREAD, so that no single command occupies Redis for long. */
const STREAMS_PER_READ = 200
const RETRY_DELAY = 250

interface Reader<T> {
  cursor: string
  paused: boolean
  deliver: FollowOptions<T>['deliver']
}

interface Topic<T> {
  key: string
  readers: Set<Reader<T>>
  readAt: number
}

interface TopicRead<T> extends Read {
  topic: Topic<T>
}

export function createStreamFollower<T>(options: FollowerOptions<T>): StreamFollower<T> {
  const { redis, subscriber, decode, log, coalesce = 2, sweep = 1_000 } = options
  const topics = new Map<string, Topic<T>>()
  const dirty = new Set<Topic<T>>()
  let timer: NodeJS.Timeout | undefined
  let flushedAt = Number.NEGATIVE_INFINITY
  let scheduled = false
  let reading = false
  let closed = false

  subscriber.on('message', onWake)
  subscriber.on('ready', wakeAll)
  const sweeper = setInterval(wakeStale, sweep)

  function onWake(key: string, message: string): void {
    const topic = topics.get(key)
    if (topic && !handOver(topic, parseWakeUp(message))) wake(topic)
  }

  /** Delivers a published entry to the readers it is next for. False when a reader lacks something before it. */
  function handOver(topic: Topic<T>, { id, predecessor, entry }: WakeUp): boolean {
    let complete = true
    let value: { id: string; value: T } | undefined
    for (const reader of topic.readers) {
      if (reader.paused || (id !== '' && compareEntryIds(reader.cursor, id) >= 0)) continue
      if (entry && reader.cursor === predecessor) {
        value ??= { id, value: decode(toEntry(entry), topic.key) }
        hand(topic, reader, value)
      } else complete = false
    }
    if (value) topic.readAt = Date.now()
    return complete
  }

  function wakeAll(): void {
    for (const topic of topics.values()) wake(topic)
  }

  function wakeStale(): void {
    const before = Date.now() - sweep
    for (const topic of topics.values()) if (topic.readAt <= before) wake(topic)
  }

  function wake(topic: Topic<T>): void {
    dirty.add(topic)
    schedule(coalesce)
  }

  /** Reads at once, unless the last read began less than `pause` milliseconds ago. */
  function schedule(pause: number): void {
    if (closed || reading || scheduled || dirty.size === 0) return
    scheduled = true
    const rest = flushedAt + pause - performance.now()
    if (rest > 0) timer = setTimeout(flush, rest)
    else setImmediate(flush)
  }

  async function flush(): Promise<void> {
    scheduled = false
    if (closed) return
    reading = true
    flushedAt = performance.now()
    const batch = [...dirty]
    dirty.clear()
    let pause = coalesce
    try {
      await Promise.all(chunk(batch.flatMap(readsOf), STREAMS_PER_READ).map(readAndDeliver))
    } catch (error) {
      log.debug({ reason: (error as Error).message }, 'reading streams failed, trying again')
      for (const topic of batch) dirty.add(topic)
      pause = RETRY_DELAY
    }
    reading = false
    schedule(pause)
  }

  async function readAndDeliver(reads: TopicRead<T>[]): Promise<void> {
    const replies = await readMany(redis, reads).catch((error: Error) => readApart(reads, error))
    const now = Date.now()
    for (const { topic } of reads) topic.readAt = now
    for (const [read, entries] of replies) {
      deliver(
        read,
        entries.map((raw) => ({ id: raw[0], value: decode(toEntry(raw), read.key) })),
      )
      if (entries.length === BATCH) dirty.add(read.topic)
    }
  }

  /** One key that holds no stream fails a whole XREAD: the others must not suffer. */
  async function readApart(reads: TopicRead<T>[], error: Error): Promise<[TopicRead<T>, RawEntry[]][]> {
    if (!error.message.startsWith('WRONGTYPE')) throw error
    const replies = reads.map(async (read) => {
      try {
        return await readMany(redis, [read])
      } catch (cause) {
        log.warn({ stream: read.topic.key, reason: (cause as Error).message }, 'a stream cannot be read')
        return []
      }
    })
    return (await Promise.all(replies)).flat()
  }

  /** A reader may have moved on since the read was sent: it gets what is still new to it. */
  function deliver({ topic, after }: TopicRead<T>, entries: { id: string; value: T }[]): void {
    for (const reader of topic.readers) {
      if (compareEntryIds(reader.cursor, after) < 0) continue
      for (const entry of entries) {
        if (reader.paused || !topic.readers.has(reader)) break
        if (compareEntryIds(reader.cursor, entry.id) < 0 && !hand(topic, reader, entry)) break
      }
    }
  }

  /** False when the reader takes no more for now, or wants to go on at another place. */
  function hand(topic: Topic<T>, reader: Reader<T>, { id, value }: { id: string; value: T }): boolean {
    reader.cursor = id
    try {
      reader.paused = !reader.deliver(value)
    } catch (error) {
      reader.paused = true
      log.error({ err: error, stream: topic.key }, 'a stream reader failed')
    }
    return !reader.paused && reader.cursor === id
  }

  function open(key: string): Topic<T> {
    const topic: Topic<T> = { key, readers: new Set(), readAt: 0 }
    topics.set(key, topic)
    subscriber.subscribe(key).then(
      () => wake(topic), // what was written before the subscription
      (error: Error) => log.debug({ key, reason: error.message }, 'subscribing failed, relying on the sweep'),
    )
    return topic
  }

  function drop(topic: Topic<T>): void {
    topics.delete(topic.key)
    dirty.delete(topic)
    if (!closed) subscriber.unsubscribe(topic.key).catch(() => {})
  }

  return {
    get streams() {
      return topics.size
    },
    follow({ key, after, deliver: take }) {
      const topic = topics.get(key) ?? open(key)
      const reader: Reader<T> = { cursor: after, paused: false, deliver: take }
      topic.readers.add(reader)
      wake(topic)
      return {
        resume() {
          reader.paused = false
          wake(topic)
        },
        seek(id) {
          reader.cursor = id
          reader.paused = false
          wake(topic)
        },
        close() {
          topic.readers.delete(reader)
          if (topic.readers.size === 0 && topics.get(key) === topic) drop(topic)
        },
      }
    },
    close() {
      closed = true
      clearInterval(sweeper)
      clearTimeout(timer)
      subscriber.off('message', onWake)
      subscriber.off('ready', wakeAll)
      topics.clear()
      dirty.clear()
    },
  }
}

/** One read for all readers that stand at the same place. */
function readsOf<T>(topic: Topic<T>): TopicRead<T>[] {
  const places = new Set<string>()
  for (const reader of topic.readers) if (!reader.paused) places.add(reader.cursor)
  return [...places].map((after) => ({ topic, key: topic.key, after }))
}

function chunk<T>(items: T[], size: number): T[][] {
  const chunks: T[][] = []
  for (let i = 0; i < items.length; i += size) chunks.push(items.slice(i, i + size))
  return chunks
}
