import type { z } from 'zod'
import { busError, type Reply } from '../../runtime/bus/index.ts'
import { printable } from '../../runtime/platform/log/index.ts'
import { resolveSettings } from '../settings.ts'
import { readData } from './event-data.ts'
import { publishOptionsOf } from './event-flags.ts'
import { withBus } from './with-bus.ts'

/** Makes a request; `text` is its result for people. */
export async function runRequest(
  settings: z.ZodObject,
  type: string,
  argument: string | undefined,
  flags: Record<string, unknown>,
): Promise<{ reply: Reply; text: string }> {
  const { timeout } = resolveSettings(settings, flags).values as { timeout: number }
  const data = await readData(argument)
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw busError('EVENT_DATA_INVALID', 'the data of a request must be a JSON object', { field: 'data' })
  const options = { ...publishOptionsOf(flags), timeout }
  const reply = await withBus(settings, flags, (bus) => bus.request(type, { ...data }, options))
  return { reply, text: textOf(reply) }
}

/** Foreign responders may leave the usual form. */
function textOf(reply: Reply): string {
  const value: unknown = reply?.status === 'success' ? (reply.result ?? null) : reply
  return printable(typeof value === 'string' ? value : JSON.stringify(value, null, 2), true)
}
