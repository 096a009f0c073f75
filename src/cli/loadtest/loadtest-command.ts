import type { LoadPlan } from '../../runtime/loadtest/index.ts'
import { bearerHeaders } from '../../runtime/platform/http-client/index.ts'
import { resolveSettings } from '../settings.ts'
import { loadSettings } from './load-flags.ts'
import { headersOf } from './load-headers.ts'
import { optionsOf, type ScenarioFlags } from './load-options.ts'
import { type LoadFlags, planOf } from './load-plan.ts'
import { targetOf } from './load-target.ts'
import { type ManyRates, type RatesFlags, ratesOf } from './rates.ts'
import { type ResultFlags, runLoadtest } from './run-loadtest.ts'
import { runRates } from './run-rates.ts'
import { untilStopped } from './stopping.ts'

export type LoadtestFlags = LoadFlags &
  ResultFlags &
  RatesFlags &
  ScenarioFlags & {
    threshold?: readonly string[] | undefined
    header?: readonly string[] | undefined
    live: boolean
  } & Record<string, unknown>

interface LoadtestArgs {
  scenario?: string | undefined
  url?: string | undefined
}

interface Output {
  json: boolean
  print(line: string): Promise<void>
  say(line: string): void
}

/** The command, from what was typed to its exit code. */
export async function loadtestCommand(
  args: LoadtestArgs,
  flags: LoadtestFlags,
  { json, print, say }: Output,
): Promise<unknown> {
  const rates = ratesOf(flags)
  const { plan, headers } = await whatToDo(args, flags, rates)
  const stopping = untilStopped()
  const run = {
    ...{ plan, headers, say },
    thresholds: flags.threshold ?? [],
    live: flags.live && canDraw(process.stderr, process.env),
    signal: stopping.signal,
    // As if it had not been a key, but the signal that it is elsewhere.
    onStop: () => void process.kill(process.pid, 'SIGINT'),
    // With --json, the report is for people.
    print: json ? say : print,
  }
  const running = rates ? runRates({ ...run, rates }) : runLoadtest({ ...run, flags })
  const { result, exitCode } = await running.finally(stopping.close)
  // After Ctrl-C it is set already.
  process.exitCode ||= exitCode
  return result
}

/** @throws AgentctlError for whatever cannot be, before anything is sent */
async function whatToDo(
  args: LoadtestArgs,
  flags: LoadtestFlags,
  rates: ManyRates | undefined,
): Promise<{ plan: LoadPlan; headers: Record<string, string> }> {
  // A flag of one name is a setting of another: `concurrency` in the project file is that of workers.
  const given = { ...flags, 'loadtest-concurrency': flags.concurrency }
  // With a URL it does not matter where the gateway is.
  const lenient = [args.scenario, args.url].some((arg) => arg?.includes('://'))
  const { values, sources } = resolveSettings(loadSettings, given, { lenient })
  const named = sources.gatewayUrl?.source === 'flag'
  const { scenario, url, headers } = targetOf(args, { url: values.gatewayUrl, named })
  const options = await optionsOf(scenario, flags)
  const rate = flags.rate ?? (rates && firstRate(rates))
  const concurrency = values.loadtestConcurrency
  const plan = planOf({ scenario, target: url, options, flags: { ...flags, rate }, concurrency })
  // The key is for the gateway that the settings name, and not for whatever else is loaded.
  const shown = lenient ? {} : bearerHeaders(values.apiKey)
  return { plan, headers: { ...shown, ...headers, ...headersOf(flags.header ?? [], process.env) } }
}

/** Requests per second: of a sweep the most, so that there are threads enough for it. */
function firstRate(rates: ManyRates): number {
  return rates.kind === 'sweep' ? Math.max(...rates.rates) : 50
}

/** Whether a person looks at a terminal on which pictures can move. */
function canDraw(output: { isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): boolean {
  return output.isTTY === true && env.TERM !== 'dumb' && env.CI === undefined
}
