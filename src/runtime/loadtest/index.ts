export * from './plan.ts'
export * from './result.ts'
export type { OpenScenario, Operation, Scenario, ScenarioContext, Series } from './scenario.ts'
