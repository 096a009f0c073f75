import type { z } from 'zod'
import { createFilter, parseStart, tailStreams } from '../runtime/inspect/index.ts'
import { renderEntry } from './entry-line.ts'
import { interrupted } from './interrupted.ts'
import { resolveSettings } from './settings.ts'
import { withRedis } from './with-redis.ts'

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
  /** An entry as a line; undefined for one that is not to be shown. */
  render?(...entry: Parameters<typeof renderEntry>): string | undefined
  print(line: string): Promise<void>
}

/** Prints the entries of streams until they end, or until Ctrl-C. */
export async function runTail({
  key,
  settings,
  flags,
  options,
  json,
  render = renderEntry,
  print,
}: RunTailOptions): Promise<void> {
  const since = resolveSettings(settings, flags).values.since as number | undefined
  const wanted = createFilter(options.filter, options.grep)
  const from = parseStart(options.from, since, options.count, Date.now())
  const follow = options.untilEnd ? 'end' : options.follow ? 'forever' : 'no'
  const names = options.fields?.split(',')
  const signal = interrupted()
  try {
    await withRedis(
      settings,
      flags,
      async (redis) => {
        for await (const entry of tailStreams(redis, { pattern: key, from, follow, signal })) {
          const line = wanted(entry.fields) ? render(entry, names, json) : undefined
          if (line !== undefined) await print(line)
        }
      },
      { purpose: 'worker', signal },
    )
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
