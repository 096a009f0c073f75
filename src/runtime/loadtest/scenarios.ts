import type { ScenarioName } from './plan.ts'
import type { Scenario } from './scenario.ts'

/** Each is loaded when it is used: all of them export `scenario`. */
const loaders: Record<ScenarioName, () => Promise<{ scenario: Scenario }>> = {
  query: () => import('./scenarios/query.ts'),
  chat: () => import('./scenarios/chat.ts'),
  eval: () => import('./scenarios/eval.ts'),
  events: () => import('./scenarios/events.ts'),
  url: () => import('./scenarios/url.ts'),
}

export async function scenarioOf(name: ScenarioName): Promise<Scenario> {
  return (await loaders[name]()).scenario
}
