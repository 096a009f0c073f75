import { loadtestError } from '../../runtime/loadtest/errors.ts'
import { type LoadPlan, loadPlan, type ScenarioName, threadsFor } from '../../runtime/loadtest/index.ts'

/** As they were given; durations are milliseconds. */
export interface LoadFlags {
  concurrency?: number | undefined
  requests?: number | undefined
  rate?: number | undefined
  arrivals?: 'constant' | 'poisson' | undefined
  duration?: number | undefined
  warmup?: number | undefined
  ramp?: number | undefined
  timeout?: number | undefined
  seed?: number | undefined
  threads?: number | undefined
}

export interface PlanInput {
  scenario: ScenarioName
  target: string
  options: Record<string, unknown>
  flags: LoadFlags
  /** Clients of a closed loop, where no flag says it. */
  concurrency: number
}

/** Milliseconds of an open loop that nobody gave a duration. */
const DURATION = 10_000
const TIMEOUT = 60_000
/** The longest time that timers understand, about 24 days. */
const LONGEST = 2_147_483_647

/**
 * What a run does, by what was asked for.
 * @throws AgentctlError LOADTEST_OPTION_INVALID that names the flag, or the two that contradict each other
 */
export function planOf({ scenario, target, options, flags, concurrency }: PlanInput): LoadPlan {
  checkTimes(flags)
  const { warmup = 0, timeout = TIMEOUT, seed = 1 } = flags
  const load = flags.rate === undefined ? closedLoad(flags, concurrency) : openLoad(flags, flags.rate)
  const threads = flags.threads ?? threadsFor(load)
  const plan = checked({ scenario, target, options, load, warmup, timeout, seed, threads })
  if (threads > (load.concurrency ?? threads))
    throw invalid('threads', '--threads: there are more threads than --concurrency')
  return plan
}

function checked(plan: LoadPlan): LoadPlan {
  const parsed = loadPlan.safeParse(plan)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const key = String(issue?.path.at(-1))
  throw invalid(key, `--${key}: ${issue?.message}`)
}

function closedLoad(flags: LoadFlags, byDefault: number): LoadPlan['load'] {
  for (const name of ['arrivals', 'ramp'] as const)
    if (flags[name] !== undefined)
      throw invalid(
        name,
        `--${name} needs --rate: without it, clients send when their last request has ended`,
      )
  const { concurrency = byDefault, duration = null } = flags
  const requests = flags.requests ?? (duration === null ? concurrency : null)
  return { kind: 'closed', concurrency, requests, duration }
}

function openLoad(flags: LoadFlags, rate: number): LoadPlan['load'] {
  if (flags.requests !== undefined)
    throw invalid('requests', '--requests contradicts --rate: say how long with --duration')
  const { arrivals = 'constant', duration = DURATION, ramp = 0, concurrency = null } = flags
  if (ramp > duration) throw invalid('ramp', '--ramp is longer than --duration')
  return { kind: 'open', rate, arrivals, duration, ramp, concurrency }
}

function checkTimes(flags: LoadFlags): void {
  for (const name of ['duration', 'warmup', 'ramp', 'timeout'] as const)
    if ((flags[name] ?? 0) > LONGEST) throw invalid(name, `--${name} may be at most 24d`)
  if (flags.duration === 0) throw invalid('duration', '--duration must be more than 0')
  if (flags.rate !== undefined && !(flags.rate > 0 && Number.isFinite(flags.rate)))
    throw invalid('rate', '--rate: expected a number of requests per second above 0')
}

const invalid = (field: string, why: string) => loadtestError('LOADTEST_OPTION_INVALID', why, { field })
