import { z } from 'zod'
import type { Completion } from '../provider.ts'

/** US dollars for a million tokens. */
export interface Price {
  input: number
  output: number
}

export type Prices = Readonly<Record<string, Price>>

/**
 * List prices of November 2026, of requests that are not delayed, hurried or long. What providers' own caches save and
 * long prompts cost more is not in them: a cost made from these is an estimate.
 */
const LISTED: Prices = {
  'gpt-6-astra': { input: 10, output: 50 },
  'gpt-6.1-sol': { input: 2, output: 10 },
  'gpt-6-sol': { input: 2, output: 10 },
  'gpt-6-luna': { input: 0.1, output: 0.5 },
  'gpt-5.6-sol': { input: 4, output: 20 },
  'gpt-5.6-terra': { input: 2, output: 12 },
  'gpt-5.6-luna': { input: 0.2, output: 1.2 },
  'gpt-5.5': { input: 5, output: 30 },
  'gpt-5.4': { input: 2.5, output: 15 },
  'gpt-5.4-mini': { input: 0.75, output: 4.5 },
  'gpt-5.4-nano': { input: 0.2, output: 1.25 },
  'gpt-5.2': { input: 1.75, output: 14 },
  'gpt-5.1': { input: 1.25, output: 10 },
  'gpt-5': { input: 1.25, output: 10 },
  'gpt-5-mini': { input: 0.25, output: 2 },
  'gpt-5-nano': { input: 0.05, output: 0.4 },
  'gpt-4.1': { input: 2, output: 8 },
  'gpt-4.1-mini': { input: 0.4, output: 1.6 },
  'gpt-4.1-nano': { input: 0.1, output: 0.4 },
  'gpt-4o': { input: 2.5, output: 10 },
  'gpt-4o-mini': { input: 0.15, output: 0.6 },
  'gpt-4-turbo': { input: 10, output: 30 },
  'gpt-4': { input: 30, output: 60 },
  'gpt-3.5-turbo': { input: 0.5, output: 1.5 },
  o3: { input: 2, output: 8 },
  'o3-mini': { input: 1.1, output: 4.4 },
  'o4-mini': { input: 1.1, output: 4.4 },
  'claude-fable-5': { input: 10, output: 50 },
  'claude-opus-5-5': { input: 4, output: 20 },
  'claude-opus-5': { input: 5, output: 25 },
  'claude-opus-4-5': { input: 5, output: 25 },
  'claude-opus-4-6': { input: 5, output: 25 },
  'claude-opus-4-7': { input: 5, output: 25 },
  'claude-opus-4-8': { input: 5, output: 25 },
  'claude-opus-4': { input: 15, output: 75 },
  'claude-sonnet-5': { input: 2, output: 10 },
  'claude-sonnet-4': { input: 3, output: 15 },
  'claude-haiku-5-5': { input: 0.1, output: 0.5 },
  'claude-haiku-4-5': { input: 1, output: 5 },
}

/** What runs on one's own machine, or not at all. */
const FREE = new Set(['mock', 'ollama'])

/** Dollars of one answer; undefined where the price is not known. */
export type CostOf = (
  provider: string,
  completion: Pick<Completion, 'model' | 'inputTokens' | 'outputTokens'>,
) => number | undefined

/** @param own prices that count instead of, or beside, the listed ones */
export function createCostOf(own: Prices = {}): CostOf {
  const prices = new Map(Object.entries({ ...LISTED, ...own }))
  return (provider, { model, inputTokens, outputTokens }) => {
    const price = priceOf(prices, model)
    if (FREE.has(provider) && !Object.hasOwn(own, model)) return 0
    return price && (inputTokens * price.input + outputTokens * price.output) / 1_000_000
  }
}

/**
 * By the longest part of the name that has a price: `gpt-4o-mini-2024-07-18` costs what `gpt-4o-mini` does. Only a
 * date, `latest` or the like may be added: `gpt-5.9` is not `gpt-5`, and `gpt-5-pro` has a price of its own.
 */
function priceOf(prices: ReadonlyMap<string, Price>, model: string): Price | undefined {
  for (let end = model.length; end > 0; end = model.lastIndexOf('-', end - 1)) {
    const rest = model.slice(end)
    const price = prices.get(model.slice(0, end))
    if (price && /^(-(\d+|latest|preview|chat))*$/.test(rest)) return price
  }
  return undefined
}

const price = z.strictObject({ input: z.number().min(0), output: z.number().min(0) })
const table = z.record(z.string().min(1), price)

/** Prices as a setting: `{"my-model":{"input":0.2,"output":0.8}}` as text, or as it stands in the project file. */
export const pricesSetting = z.union([z.string(), table]).transform((value, context): Prices => {
  const parsed = table.safeParse(typeof value === 'string' ? parseJson(value) : value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = issue?.path.length ? ` at ${issue.path.join('.')}` : ''
  context.addIssue({
    code: 'custom',
    message: `expected JSON such as {"my-model":{"input":0.2,"output":0.8}}${where}: ${issue?.message ?? 'invalid'}`,
  })
  return z.NEVER
})

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
