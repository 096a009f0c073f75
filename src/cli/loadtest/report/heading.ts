import { formatDuration } from '../../../runtime/kernel/index.ts'
import type { LoadPlan, ScenarioName } from '../../../runtime/loadtest/index.ts'
import { addressOf } from '../load-target.ts'
import { plainNumber } from './numbers.ts'

export const RULE = '='.repeat(60)

const TITLE_OF: Record<ScenarioName, string> = {
  query: 'RAG System Load Test',
  chat: 'Chat Load Test',
  eval: 'Code Evaluation Load Test',
  events: 'Event Load Test',
  url: 'HTTP Load Test',
}

export const titleOf = (scenario: ScenarioName) => TITLE_OF[scenario]

/** What is going to be done; printed before it begins. */
export function headingLines(plan: LoadPlan): string[] {
  return [
    titleOf(plan.scenario),
    RULE,
    `Target: ${addressOf(plan)}`,
    ...loadLines(plan.load),
    ...(plan.warmup > 0 ? [`Warm-up: ${formatDuration(plan.warmup)}`] : []),
    'Starting test...',
    '',
  ]
}

/** The kind and size of a load: "Concurrency: 50 requests", "Rate: 200 requests/s (constant) for 30s". */
export function loadLines(load: LoadPlan['load']): string[] {
  if (load.kind === 'closed') {
    const { concurrency, requests, duration } = load
    const amount = [
      ...(requests === null || requests === concurrency ? [] : [`${requests} requests`]),
      ...(duration === null ? [] : [formatDuration(duration)]),
    ]
    return [
      `Concurrency: ${concurrency} requests`,
      ...(amount.length === 0 ? [] : [`Amount: ${amount.join(', at most ')}`]),
    ]
  }
  const { rate, arrivals, duration, ramp, concurrency } = load
  return [
    `Rate: ${plainNumber(rate)} requests/s (${arrivals}) for ${formatDuration(duration)}`,
    ...(ramp > 0 ? [`Ramp: ${formatDuration(ramp)}`] : []),
    ...(concurrency === null ? [] : [`Concurrency: at most ${concurrency} requests`]),
  ]
}
