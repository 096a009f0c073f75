import { expect, it } from 'vitest'
import type { EventBus, EventContext, EventHandler } from '../../../src/runtime/bus/index.ts'
import type { OrchestratorService } from '../../../src/runtime/orchestrator/service.ts'
import { takeWishes } from '../../../src/runtime/orchestrator/wishes.ts'

/** Whether the service is told that nobody waits, for a wish with or without a stream for the reply. */
async function isLeftAlone(type: string, responseStream?: string): Promise<boolean> {
  const handlers = new Map<string, EventHandler>()
  const signals: AbortSignal[] = []
  const note = async (_: unknown, signal: AbortSignal): Promise<never> => {
    signals.push(signal)
    throw new Error('only noted')
  }
  const bus = { subscribe: (of: string, handler: EventHandler) => void handlers.set(of, handler) }
  const service = { create: note, delete: note } as Partial<OrchestratorService> as OrchestratorService
  takeWishes(bus as Pick<EventBus, 'subscribe'>, service)
  const context = { event: { responseStream }, signal: new AbortController().signal } as EventContext
  await expect(handlers.get(type)?.({}, context)).rejects.toThrow('only noted')
  return signals[0]?.aborted ?? false
}

it.each(['orchestrator.create', 'orchestrator.delete'])('%s is waited for where a reply is', async (type) => {
  expect(await isLeftAlone(type, 'replies:1')).toBe(false)
  expect(await isLeftAlone(type)).toBe(true)
})
