import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RedisClient } from './connect.ts'

type Argument = string | number

/** Runs one Lua script: sends its hash, and its text only where the server does not know it yet. */
export type Script = (
  redis: RedisClient,
  keys: readonly string[],
  args: readonly Argument[],
) => Promise<unknown>

/**
 * Reads `NAME.lua` beside `base` (an `import.meta.url`). All keys of a call must be in one cluster slot.
 */
export function loadScript(base: string, name: string, numberOfKeys: number): Script {
  const file = new URL(`./${name}.lua`, base)
  const lua = readFileSync(file, 'utf8')
  const command = `agentctl:${basename(dirname(fileURLToPath(file)))}:${name}`
  return (redis, keys, args) => {
    if (!(command in redis)) redis.defineCommand(command, { lua, numberOfKeys })
    const run = Reflect.get(redis, command) as (...words: Argument[]) => Promise<unknown>
    return run.call(redis, ...keys, ...args)
  }
}
