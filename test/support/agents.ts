import { startAgents } from '../../src/runtime/agents/agents.ts'
import { options as agentsOptions } from '../../src/runtime/agents/options.ts'
import type { RunningRole } from '../../src/runtime/kernel/index.ts'
import { type Answer, type AskOptions, askService } from './campaigns.ts'
import { silent } from './redis.ts'

/** The agents, in this process. */
export interface TestAgents {
  url: string
  role: RunningRole
  ask<T = Record<string, unknown>>(path: string, options?: AskOptions): Promise<Answer<T>>
  close(): Promise<void>
}

/** Starts the role on a free port. */
export async function startTestAgents(given: Record<string, unknown>): Promise<TestAgents> {
  const values = agentsOptions.parse({ port: 0, drainTimeout: '10s', ...given })
  const role = await startAgents(values, { log: silent, name: 'agents-1' })
  const url = role.facts.url as string
  return { url, role, ask: (path, options) => askService(url, path, options), close: () => role.stop() }
}
