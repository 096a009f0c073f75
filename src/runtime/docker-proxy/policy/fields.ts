import { ALLOWED } from '../contract.ts'
import { refused } from '../errors.ts'
import { isObject } from './strict-json.ts'

/** Says whether a value is what is set anyway. */
export type Field = (value: unknown) => boolean

/** A field that may be given, but as one of these only. */
export function fixed(...values: unknown[]): Field {
  const allowed = values.map((value) => JSON.stringify(value))
  return (value) => allowed.includes(JSON.stringify(value))
}

/** Keys of what is made of fields; others, such as `/data` and `80/tcp`, are something by themselves. */
const FIELD_NAME = /^[A-Za-z]+$/

/** What SDKs send for what was not asked for: null, false, 0, nothing, or an object of such. */
export function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (isObject(value)) {
    return Object.entries(value).every(([key, inner]) => FIELD_NAME.test(key) && isEmpty(inner))
  }
  return value === undefined || value === null || value === false || value === 0 || value === ''
}

/**
 * Refuses every field that is neither empty nor known; also one spelled in another case, which dockerd would take.
 * @throws AgentctlError DOCKER_PROXY_REFUSED
 */
export function checkFields(
  given: Readonly<Record<string, unknown>>,
  known: Readonly<Record<string, Field>>,
  read: readonly string[],
  prefix: string,
): void {
  for (const [key, value] of Object.entries(given)) {
    if (isEmpty(value) || read.includes(key)) continue
    const shown = `${prefix}${key.slice(0, 64)}`
    if (!Object.hasOwn(known, key)) throw refused(`${shown} is not allowed`)
    if (known[key]?.(value) !== true) throw refused(`the value of ${shown} is not allowed`)
  }
}

interface Range {
  default: number
  least: number
  most: number
}

/** A number within its limits; nothing, and 0 for "no limit", mean the default. */
export function amount(value: unknown, { default: initial, least, most }: Range, name: string): number {
  if (isEmpty(value)) return initial
  if (!Number.isSafeInteger(value)) throw refused(`${name} is not a whole number`)
  if ((value as number) < 0) throw refused(`${name} cannot be without a limit`)
  return Math.min(Math.max(value as number, least), most)
}

/** `{"/tmp": "rw,noexec,nosuid,size=16m"}`: only the size is taken from it. */
export function readTmp(value: unknown): number {
  if (isEmpty(value)) return ALLOWED.tmp.default
  if (!isObject(value) || Object.keys(value).some((path) => path !== '/tmp')) {
    throw refused('HostConfig.Tmpfs may only have /tmp')
  }
  const given = value['/tmp']
  const options = (typeof given === 'string' ? given : JSON.stringify(given)).split(',')
  const bad = options.find(
    (option) => !/^(rw|noexec|nosuid|nodev|mode=1777|size=\d{1,12}[kmKM]?)$/.test(option),
  )
  if (bad !== undefined) throw refused(`the option "${bad.slice(0, 64)}" in HostConfig.Tmpfs is not allowed`)
  const size = options.find((option) => option.startsWith('size='))?.slice('size='.length)
  return amount(size === undefined ? 0 : bytesOf(size), ALLOWED.tmp, 'the size in HostConfig.Tmpfs')
}

function bytesOf(size: string): number {
  const unit = { k: 1024, m: 1024 ** 2 }[size.at(-1)?.toLowerCase() ?? ''] ?? 1
  return Number.parseInt(size, 10) * unit
}

/** Of resource limits, `cpu` (seconds) and `nofile` may be lowered; `core` is 0. */
export function readCpuLimit(value: unknown): { cpuSeconds: number; openFiles: number } {
  const found = new Map<string, number>()
  if (!isEmpty(value) && !Array.isArray(value)) throw refused('HostConfig.Ulimits is not a list')
  for (const limit of isEmpty(value) ? [] : (value as unknown[])) {
    const { Name, Soft, Hard, ...rest } = isObject(limit) ? limit : {}
    const known = typeof Name === 'string' && ['cpu', 'nofile', 'core'].includes(Name)
    if (!known || !isEmpty(rest) || found.has(Name)) {
      const shown = typeof Name === 'string' ? Name.slice(0, 64) : typeof Name
      throw refused(`the limit "${shown}" in HostConfig.Ulimits is not allowed`)
    }
    if (!Number.isSafeInteger(Soft) || !Number.isSafeInteger(Hard)) {
      throw refused(`the limit "${Name}" in HostConfig.Ulimits is not a whole number`)
    }
    if (Name === 'core' && (Soft !== 0 || Hard !== 0)) {
      throw refused('the limit "core" in HostConfig.Ulimits is not 0')
    }
    found.set(Name, Hard as number)
  }
  return {
    cpuSeconds: amount(found.get('cpu'), ALLOWED.cpuSeconds, 'the limit "cpu" in HostConfig.Ulimits'),
    openFiles: amount(found.get('nofile'), ALLOWED.openFiles, 'the limit "nofile" in HostConfig.Ulimits'),
  }
}
