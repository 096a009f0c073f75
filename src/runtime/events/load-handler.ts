import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { busError, type EventHandler } from '../bus/index.ts'
import { messageOf } from '../kernel/index.ts'

/**
 * The default export of a module, a function `(data, context)`. TypeScript modules are run as they are, their types
 * stripped.
 * @throws AgentctlError EVENT_HANDLER_INVALID
 */
export async function loadEventHandler(path: string): Promise<EventHandler> {
  const file = resolve(path)
  const fail = (what: string, cause?: unknown) =>
    busError('EVENT_HANDLER_INVALID', `${file} ${what}`, {
      field: 'handler',
      ...(cause === undefined ? {} : { cause }),
    })
  if (!existsSync(file)) throw fail('does not exist')
  let module: { default?: unknown }
  try {
    module = await import(pathToFileURL(file).href)
  } catch (cause) {
    throw fail(`does not load: ${messageOf(cause)}`, cause)
  }
  const { default: handler } = module
  const flaw = flawOf(handler)
  if (flaw !== undefined) throw fail(`has a default export that is ${flaw}`)
  return handler as EventHandler
}

/** Why a value cannot handle events; undefined when it can. */
function flawOf(value: unknown): string | undefined {
  if (value === undefined) return 'missing'
  if (typeof value !== 'function') return `of type ${typeof value}`
  // Calling a generator runs nothing: every event would count as handled.
  if (/Generator/.test(value.constructor.name)) return 'a generator; it answers chats, not events'
  return /^class\b/.test(Function.prototype.toString.call(value)) ? 'a class' : undefined
}
