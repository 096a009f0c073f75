import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Closer, type Logger, messageOf } from '../../kernel/index.ts'
import { openLlmClient } from '../../llm/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import { chatError } from '../errors.ts'
import type { ChatHandler } from '../handler.ts'
import { demo } from './demo.ts'
import { createLlmHandler } from './llm.ts'

/** What a handler may use; what it opens is closed with the worker. */
export interface HandlerMeans extends LlmSettings {
  redis: RedisClient
  closer: Closer
  log: Logger
}

/** Which replicas of the LLM service are used, and how. */
export type LlmSettings = Omit<Parameters<typeof openLlmClient>[0], 'redis' | 'log'>

/** Makes a handler, once there is a connection. */
export type MakeHandler = (means: HandlerMeans) => Promise<ChatHandler>

const BUILT_IN: Readonly<Record<string, MakeHandler>> = {
  demo: async () => demo,
  async llm({ closer, ...options }) {
    const client = closer.add(await openLlmClient(options), (opened) => opened.close())
    return createLlmHandler(client)
  },
}

/**
 * The handler named by `--handler`: a built-in one, or the default export of a module. TypeScript modules
 * are run as they are, their types stripped.
 * @throws AgentctlError CHAT_HANDLER_MISSING, CHAT_HANDLER_INVALID
 */
export async function loadHandler(name: string): Promise<MakeHandler> {
  const builtIn = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined
  if (builtIn) return builtIn
  const handler = await fromModule(name)
  return async () => handler
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
