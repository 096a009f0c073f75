/**
 * Rules asked a second: ours beside sift, mingo and json-rules-engine, on the rules and events of the campaigns
 * benchmark. Runs by itself as well: `node test/bench/campaigns/rules.ts`.
 */
import { now } from '../support/clock.ts'
import { median } from '../support/statistics.ts'
import { markdownTable, short } from '../support/table.ts'
import { CONTENDERS, type Conditions, type Contender, contenders, type Documents } from './rule-contenders.ts'
import { translate } from './rule-translation.ts'
import { campaignsWith, eventsOf } from './workload.ts'

export interface RulesBenchOptions {
  rules: number
  repeats: number
}

export interface RulesResult {
  rules: number
  /** Rules that json-rules-engine can express. */
  translated: number
  documents: number
  /** Rules asked about one document each, a second: medians. */
  rates: Record<Contender, number>
  /** The same of ours, for the rules that json-rules-engine can express. */
  oursTranslated: number
}

/** How many times the rate of sift is to be reached. */
const BAR = 1.5
const DOCUMENTS = 1_000
const WARM_UP = 300
const WINDOW = 700

/** @throws Error when the contenders do not give the same answers */
export async function measureRules({ rules, repeats }: RulesBenchOptions): Promise<RulesResult> {
  const all = campaignsWith(rules).flatMap((campaign) => campaign.rules.map(({ conditions }) => conditions))
  const translated = all.filter((conditions) => translate(conditions) !== undefined)
  const nextEvent = eventsOf(1, 'rules')
  const documents = Array.from({ length: DOCUMENTS }, () => ({ ...nextEvent() }))
  await checkAnswers(all, translated, documents)
  const runs = [
    ...CONTENDERS.map((name) => ({ name, rules: name === 'json-rules-engine' ? translated : all })),
    { name: 'agentctl' as const, rules: translated },
  ]
  const samples = runs.map((): number[] => [])
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (let i = 0; i < runs.length; i++) {
      const at = (i + repeat) % runs.length
      const run = runs[at]
      if (run) samples[at]?.push(await rateOf(run.name, run.rules, documents))
    }
  }
  const [ours = 0, sift = 0, mingo = 0, engine = 0, oursTranslated = 0] = samples.map(median)
  return {
    rules: all.length,
    translated: translated.length,
    documents: DOCUMENTS,
    rates: { agentctl: ours, sift, mingo, 'json-rules-engine': engine },
    oursTranslated,
  }
}

async function rateOf(name: Contender, rules: readonly Conditions[], documents: Documents): Promise<number> {
  const ask = contenders[name](rules)
  for (const until = now() + WARM_UP; now() < until; ) await ask(documents)
  const began = now()
  let rounds = 0
  while (now() < began + WINDOW) {
    await ask(documents)
    rounds++
  }
  return (rounds * documents.length * rules.length * 1_000) / (now() - began)
}

/** Each document by itself, so that two mistakes cannot make up for each other. */
async function checkAnswers(
  all: readonly Conditions[],
  translated: readonly Conditions[],
  documents: Documents,
): Promise<void> {
  for (const name of CONTENDERS) {
    for (const rule of name === 'json-rules-engine' ? translated : all) {
      const expected = contenders.agentctl([rule])
      const ask = contenders[name]([rule])
      for (const document of documents) {
        if ((await ask([document])) === (await expected([document]))) continue
        throw new Error(`${name} answers otherwise: ${JSON.stringify(rule)} of ${JSON.stringify(document)}`)
      }
    }
  }
}

export function reportRules(result: RulesResult): string {
  const { rates, rules, translated, documents, oursTranslated } = result
  const count = (value: number) => Math.round(value).toLocaleString('en')
  const rows = CONTENDERS.map((name) => {
    const some = name === 'json-rules-engine'
    const ratio = (some ? oursTranslated : rates.agentctl) / rates[name]
    const title = some ? `${name}, the ${translated} rules it can express` : name
    return [title, count(rates[name]), name === 'agentctl' ? '' : `×${short(ratio)}`]
  })
  const met = rates.agentctl / rates.sift >= BAR
  return [
    markdownTable([[`${rules} rules asked about ${documents} events`, 'rules/s', 'ours ÷ this'], ...rows]),
    '',
    '- The same answers of all, checked before',
    `- Bar ×${BAR} of sift: ${met ? 'met' : '**missed**'}`,
  ].join('\n')
}

if (import.meta.main) {
  process.stdout.write(`${reportRules(await measureRules({ rules: 100, repeats: 3 }))}\n`)
}
