import { chalkStderr as chalk } from 'chalk'
import { DEFAULT_PASSWORD } from '../runtime/campaigns/settings.ts'
import { maskUrl } from '../runtime/kernel/index.ts'
import { credentialsOf, type ServeStatus } from '../runtime/supervisor/index.ts'

const DATA: Record<ServeStatus['data'], string> = {
  kept: 'kept on disk; a crash of the machine loses at most the last second',
  ephemeral: 'not kept: it is gone when serve stops',
  external: 'kept by that Redis, as it is configured',
}

/** Characters above which a value does not move what is beside the others. */
const WIDEST = 40

/** What a person wants to know once everything runs: where it is, whether data lasts, and what to try. */
export function banner(status: ServeStatus, tookMs: number): string {
  const { gateway, llm, campaigns, agents, redis, postgres } = status.urls
  const rows: [string, string, string][] = []
  if (gateway !== undefined) rows.push(['Gateway', gateway, `API and docs: ${gateway}/docs`])
  if (llm !== undefined) rows.push(['LLM', llm, answeredBy(status)])
  if (campaigns !== undefined) rows.push(['Campaigns', campaigns, signIn()])
  if (agents !== undefined) rows.push(['Agents', agents, `API and docs: ${agents}/docs`])
  const sandbox = sandboxOf(status)
  if (sandbox !== undefined) rows.push(['Sandbox', ...sandbox])
  if (redis !== undefined) rows.push(['Redis', maskUrl(redis), status.redis_prompt ?? ''])
  if (postgres !== undefined) rows.push(['Postgres', withoutOptions(postgres), ''])
  rows.push(['Data', status.data === 'kept' ? status.state_dir : status.data, DATA[status.data]])
  rows.push([
    'Running',
    countReplicas(status),
    'see `npx agentctl ps`, stop with Ctrl-C or `npx agentctl down`',
  ])
  const width = Math.max(...rows.map(([, value]) => value.length).filter((length) => length <= WIDEST))
  const table = rows.map(([name, value, note]) =>
    `  ${chalk.bold(name.padEnd(9))} ${value.padEnd(width)}  ${chalk.dim(note)}`.trimEnd(),
  )
  const lines = [
    `\n${chalk.green('●')} agentctl ${status.version} is ready (${(tookMs / 1000).toFixed(1)} s)\n`,
    ...table,
  ]
  if (gateway !== undefined) lines.push(`\n  Try it in another terminal:\n`, ...tryIt(gateway, status))
  return `${lines.join('\n')}\n`
}

function withoutOptions(url: string): string {
  return url.split('?')[0] ?? url
}

function countReplicas({ replicas }: ServeStatus): string {
  const counts = new Map<string, number>()
  for (const { role } of replicas) counts.set(role, (counts.get(role) ?? 0) + 1)
  return [...counts].map(([role, count]) => (count === 1 ? role : `${count} × ${role}`)).join(', ')
}

/** Which provider answers; the mock is named as what it is. */
function answeredBy({ replicas }: ServeStatus): string {
  const provider = replicas.find(({ role }) => role === 'llm')?.facts.provider
  if (provider !== 'mock') return provider === undefined ? '' : `answers come from ${provider}`
  return 'answers come from a mock: set OPENAI_API_KEY, ANTHROPIC_API_KEY or OLLAMA_URL for a model'
}

/** A password of one's own is not shown. */
function signIn(): string {
  const { username, isPasswordChosen } = credentialsOf()
  return isPasswordChosen
    ? `as ${username}, with your API_PASSWORD`
    : `as ${username}:${DEFAULT_PASSWORD}, from this machine only`
}

/** What programs run in. */
function sandboxOf({ replicas }: ServeStatus): [value: string, note: string] | undefined {
  const facts = replicas.find(({ role }) => role === 'executor')?.facts
  if (facts?.backend === undefined) return undefined
  const note =
    facts.backend === 'docker'
      ? 'a container for each'
      : 'in containers, where Docker has the images: `npx agentctl images build`'
  return [`${facts.backend} (${facts.languages?.replaceAll(',', ', ') ?? ''})`, note]
}

function runs({ replicas }: ServeStatus, part: string): boolean {
  return replicas.some(({ role }) => role === part)
}

function tryIt(gateway: string, status: ServeStatus): string[] {
  return [
    `    curl -N -X POST "${gateway}/stream?feature_id=test&chat_id=chat-1"`,
    '    npx agentctl chat test chat-2',
    ...(runs(status, 'rag')
      ? ['    npx agentctl docs add README.md && npx agentctl query "what is agentctl?"']
      : []),
    ...(runs(status, 'executor') ? [`    echo 'print("Hello")' | npx agentctl eval run -`] : []),
    ...(runs(status, 'campaigns') ? ['    npx agentctl campaign create "Spring Sale"'] : []),
    '    npx agentctl dash',
  ]
}
