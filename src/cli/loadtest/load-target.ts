import { loadtestError } from '../../runtime/loadtest/errors.ts'
import { type ScenarioName, scenarioNames } from '../../runtime/loadtest/index.ts'

export interface LoadTarget {
  scenario: ScenarioName
  /** Without credentials. */
  url: string
  /** What the credentials of the URL have become. */
  headers: Record<string, string>
}

/** Where each scenario sends its requests, for whoever reads the report. */
const PATH_OF: Record<Exclude<ScenarioName, 'url'>, string> = {
  query: '/query',
  chat: '/stream',
  eval: '/api/eval',
  events: '/events',
}

/**
 * What is loaded, from `[SCENARIO] [URL]`: a URL alone means the scenario `url`, nothing means `query`.
 * @param gateway where gateways are expected; `named` when a flag said so
 * @throws AgentctlError LOADTEST_OPTION_INVALID
 */
export function targetOf(
  args: { scenario?: string | undefined; url?: string | undefined },
  gateway: { url: string; named: boolean },
): LoadTarget {
  const alone = args.scenario?.includes('://') === true
  if (alone && args.url !== undefined)
    throw invalid('url', `two targets were given: ${args.scenario} and ${args.url}`)
  const url = alone ? args.scenario : args.url
  const scenario = alone ? 'url' : scenarioOf(args.scenario ?? 'query')
  if (url !== undefined && gateway.named)
    throw invalid('gatewayUrl', `--gateway-url contradicts ${url}: both name the target`)
  if (url === undefined && scenario === 'url')
    throw invalid('url', 'the scenario url needs the URL that is to be loaded')
  return { scenario, ...split(url ?? gateway.url) }
}

/** The address of the requests of a scenario. */
export function addressOf({ scenario, target }: { scenario: ScenarioName; target: string }): string {
  return scenario === 'url' ? target : new URL(PATH_OF[scenario], target).href
}

function scenarioOf(name: string): ScenarioName {
  const known = scenarioNames.find((candidate) => candidate === name)
  if (known !== undefined) return known
  throw invalid('scenario', `"${name}" is no scenario: there are ${scenarioNames.join(', ')}`)
}

function split(text: string): { url: string; headers: Record<string, string> } {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw invalid('url', `"${text.replace(/\/\/[^@/]*@/, '//***@')}" is not an http:// or https:// address`)
  const { username, password } = url
  const credentials = `${decoded(username)}:${decoded(password)}`
  Object.assign(url, { username: '', password: '', hash: '' })
  const headers =
    credentials === ':' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
  // People write a server without the slash that its URL has.
  return { url: url.pathname === '/' && url.search === '' ? url.origin : url.href, headers }
}

/** What is no percent-encoding stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const invalid = (field: string, why: string) => loadtestError('LOADTEST_OPTION_INVALID', why, { field })
