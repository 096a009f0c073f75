import { loadtestError } from '../../runtime/loadtest/errors.ts'

/** Several runs that differ in their rate. */
export type ManyRates = { kind: 'find-max'; conditions: string[] } | { kind: 'sweep'; rates: number[] }

export interface RatesFlags {
  'find-max'?: string | undefined
  sweep?: string | undefined
}

/** What is about one run, and has no meaning for several. */
const OF_ONE_RUN = ['requests', 'compare', 'out', 'html', 'hlog'] as const
const MOST = 100

/**
 * What `--find-max` or `--sweep` ask for; undefined without them.
 * @throws AgentctlError LOADTEST_OPTION_INVALID that names the flags which contradict each other
 */
export function ratesOf(flags: RatesFlags & Readonly<Record<string, unknown>>): ManyRates | undefined {
  const { 'find-max': condition, sweep } = flags
  if (condition !== undefined && sweep !== undefined) throw contradiction('find-max', 'sweep')
  const name = condition === undefined ? 'sweep' : 'find-max'
  if (condition === undefined && sweep === undefined) return undefined
  for (const other of OF_ONE_RUN)
    if (flags[other] !== undefined) throw contradiction(name, other, ': it makes several runs')
  if (condition !== undefined) return { kind: 'find-max', conditions: [condition] }
  if (flags.rate !== undefined) throw contradiction('sweep', 'rate')
  return { kind: 'sweep', rates: listOf(sweep ?? '') }
}

function listOf(text: string): number[] {
  const rates = text.split(',').map((each) => (each.trim() === '' ? Number.NaN : Number(each)))
  if (rates.length <= MOST && rates.every((rate) => rate > 0 && rate <= 1_000_000)) return rates
  throw invalid('sweep', `--sweep: expected at most ${MOST} rates per second, such as 50,100,200`)
}

const contradiction = (one: string, other: string, why = '') =>
  invalid(other, `--${one} contradicts --${other}${why}`)
const invalid = (field: string, why: string) => loadtestError('LOADTEST_OPTION_INVALID', why, { field })
