import type { EventHandler } from '../bus/index.ts'
import { execHandler } from './exec-handler.ts'
import { loadEventHandler } from './load-handler.ts'

/** What handles events: a module's default export, or a shell command. */
export type EventAction = { handler: string } | { exec: string }

/** @throws AgentctlError EVENT_HANDLER_INVALID */
export async function handlerOf(action: EventAction): Promise<EventHandler> {
  return 'exec' in action ? execHandler(action.exec) : loadEventHandler(action.handler)
}
