import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { UsageError } from './main.ts'

export const text = (value: string) => ({ type: 'string', default: value }) as const
export const flag = { type: 'boolean', default: false } as const

/** @throws UsageError with the usage */
export function readOptions<const T extends ParseArgsOptionsConfig>(
  args: string[],
  options: T,
  usage: string,
) {
  try {
    return parseArgs({ args, options }).values
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`)
  }
}
