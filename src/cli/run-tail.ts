import type { z } from 'zod'
import { createFilter, parseStart, type TailedEntry, tailStreams } from '../runtime/inspect/index.ts'
import { createLogger, printable } from '../runtime/platform/log/index.ts'
import { connectRedis, disconnectRedis, redisUrlOf, waitForRedis } from '../runtime/platform/redis/index.ts'
import { interrupted } from './interrupted.ts'
import { resolveSettings } from './settings.ts'

export interface RunTailOptions {
  key: string
  settings: z.ZodObject
  flags: Record<string, unknown>
  options: {
    from: string | undefined
    count: number
    follow: boolean
    untilEnd: boolean
    filter: readonly string[]
    grep: string | undefined
    fields: string | undefined
  }
  json: boolean
  print(line: string): Promise<void>
}

const CONNECT_TIMEOUT = 5_000

/** Prints the entries of streams until they end, or until Ctrl-C. */
export async function runTail({ key, settings, flags, options, json, print }: RunTailOptions): Promise<void> {
  const { values } = resolveSettings(settings, flags)
  const url = redisUrlOf(values)
  const wanted = createFilter(options.filter, options.grep)
  const from = parseStart(options.from, values.since as number | undefined, options.count, Date.now())
  const signal = interrupted()
  const log = createLogger({ level: 'warn', bindings: {} })
  const redis = connectRedis({
    url,
    purpose: 'worker',
    name: 'tail',
    log: log.child({}, { level: 'silent' }),
  })
  signal.addEventListener('abort', () => redis.disconnect())
  try {
    await waitForRedis(redis, url, CONNECT_TIMEOUT)
    const follow = options.untilEnd ? 'end' : options.follow ? 'forever' : 'no'
    for await (const entry of tailStreams(redis, { pattern: key, from, follow, signal })) {
      if (wanted(entry.fields)) await print(render(entry, options.fields?.split(','), json))
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await disconnectRedis(redis)
  }
}

function render({ stream, id, fields }: TailedEntry, names: string[] | undefined, json: boolean): string {
  const shown =
    names === undefined ? fields : Object.fromEntries(names.map((name) => [name, fields[name] ?? '']))
  if (json)
    return JSON.stringify({
      stream,
      id,
      time: new Date(Number.parseInt(id, 10)).toISOString(),
      fields: shown,
    })
  const text = Object.entries(shown).map(([name, value]) => `${name}=${value}`)
  return printable(`${id}  ${stream}  ${text.join(' ')}`)
}
