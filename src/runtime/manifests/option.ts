import { manifestsError } from './errors.ts'

/** Name of an image, with or without registry, tag and digest. */
export const IMAGE = /^[\w][\w.\-/:@]*$/

/** @throws AgentctlError EXPORT_INVALID where a value that is given does not fit */
export function check(field: string, value: string | undefined, pattern: RegExp, why: string): void {
  if (value === undefined || pattern.test(value)) return
  throw manifestsError('EXPORT_INVALID', `--${field} ${JSON.stringify(value)} ${why}`, { field })
}
