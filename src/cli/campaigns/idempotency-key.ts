import { randomUUID } from 'node:crypto'
import { kernelError } from '../../runtime/kernel/index.ts'

/** It goes into a header, with the number of a rule behind it. */
const KEY = /^[\x20-\x7e]{1,200}$/

/**
 * The key of --key, or one that is made up.
 * @throws AgentctlError CONFIG_INVALID
 */
export function keyOf(given: string | undefined): string {
  if (given === undefined) return randomUUID()
  if (KEY.test(given) && given.trim() !== '') return given
  throw kernelError('CONFIG_INVALID', '--key: must be of 1 to 200 printable ASCII characters', {
    field: 'key',
  })
}
