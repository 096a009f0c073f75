import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf } from '../../kernel/index.ts'
import { chatError } from '../errors.ts'
import type { ChatHandler } from '../handler.ts'
import { demo } from './demo.ts'

const BUILT_IN: Readonly<Record<string, ChatHandler>> = { demo }

/**
 * The handler named by `--handler`: a built-in one, or the default export of a module. TypeScript modules
 * are run as they are, their types stripped.
 * @throws AgentctlError CHAT_HANDLER_MISSING, CHAT_HANDLER_INVALID
 */
export async function loadHandler(name: string): Promise<ChatHandler> {
  const builtIn = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined
  return builtIn ?? fromModule(name)
}

async function fromModule(name: string): Promise<ChatHandler> {
  const file = resolve(name)
  if (!existsSync(file)) {
    const known = Object.keys(BUILT_IN).join(', ')
    throw chatError(
      'CHAT_HANDLER_MISSING',
      `${file} does not exist, and "${name}" is no built-in handler (${known})`,
      {
        field: 'handler',
      },
    )
  }
  let module: { default?: unknown }
  try {
    module = await import(pathToFileURL(file).href)
  } catch (cause) {
    throw chatError('CHAT_HANDLER_MISSING', `${file} does not load: ${messageOf(cause)}`, {
      cause,
      field: 'handler',
    })
  }
  if (!isGenerator(module.default)) {
    throw chatError('CHAT_HANDLER_INVALID', `the default export of ${file} is ${describe(module.default)}`, {
      field: 'handler',
    })
  }
  return module.default
}

/** Plain functions may return an async iterable; what they return is checked on use. Async ones never do. */
function isGenerator(value: unknown): value is ChatHandler {
  return typeof value === 'function' && describe(value) === 'a function'
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value !== 'function') return `of type ${typeof value}`
  if (value.constructor.name === 'AsyncFunction')
    return 'an async function, not a generator (the * is missing)'
  return /^class\b/.test(Function.prototype.toString.call(value)) ? 'a class' : 'a function'
}
