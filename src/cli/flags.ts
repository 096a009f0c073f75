import { Flags, type Interfaces } from '@oclif/core'
import type { z } from 'zod'
import { formatDuration, kebab } from '../runtime/kernel/index.ts'

/**
 * One flag for each setting of a schema. Flags have no defaults of their own: a flag that was not given
 * must not hide an environment variable or a line of the project file.
 */
export function flagsOf(schema: z.ZodObject): Interfaces.FlagInput {
  const flags: Interfaces.FlagInput = {}
  for (const [key, field] of Object.entries(schema.shape)) flags[kebab(key)] = toFlag(field as z.ZodType)
  return flags
}

function toFlag(field: z.ZodType) {
  const meta = field.meta() ?? {}
  const description = [meta.description, defaultOf(field), environmentOf(meta.env)].filter(Boolean).join(' ')
  const common = { description, ...(meta.char === undefined ? {} : { char: meta.char as 'a' }) }
  if (isBoolean(field)) return Flags.boolean({ ...common, allowNo: true })
  return Flags.string({ ...common, helpValue: `<${(meta.placeholder ?? 'value').toLowerCase()}>` })
}

function isBoolean(field: z.ZodType): boolean {
  const { type, innerType } = field.def as { type: string; innerType?: z.ZodType }
  return type === 'boolean' || (innerType !== undefined && isBoolean(innerType))
}

function defaultOf(field: z.ZodType): string {
  const parsed = field.safeParse(undefined)
  if (!parsed.success || parsed.data === undefined) return ''
  const { type } = field.def as { type: string }
  return `[default: ${type === 'prefault' ? formatDuration(parsed.data as number) : parsed.data}]`
}

function environmentOf(names: readonly string[] | undefined): string {
  return names === undefined ? '' : `[env: ${names.join(', ')}]`
}

/** Parsed flags under their setting names: `redis-url` → `redisUrl`. */
export function toValues(flags: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, value]) => [
      name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  )
}
