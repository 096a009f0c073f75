import { readFileSync } from 'node:fs'
import { arch, cpus, freemem, loadavg, platform, release, totalmem, uptime } from 'node:os'
import { reportHealth } from '../../inspect/index.ts'
import { messageOf } from '../../kernel/index.ts'
import { connectToServe, type LogLine, runningServe } from '../../supervisor/index.ts'
import type { DoctorContext } from '../check.ts'
import { variablesOf } from '../checks/settings.ts'
import type { Examination } from '../examination.ts'
import { within } from '../run.ts'
import { isSecretName } from './mask.ts'
import type { ArchiveFile } from './ustar.ts'

export interface Subject {
  examination: Examination
  context: DoctorContext
  settings?: (() => unknown) | undefined
}

/** Newest lines of each replica. */
const LINES = 500
/** Lines a serve gives out at once. */
const ASKED = 10_000
const STUCK_AFTER = 300_000
/** Milliseconds for each part: what hangs is left out. */
const LIMIT = 5_000

interface Part {
  /** What is in it, in a few words. */
  about: string
  read(subject: Subject): Promise<ArchiveFile[]> | ArchiveFile[]
}

const json = (path: string, content: unknown): ArchiveFile => ({
  path,
  text: `${JSON.stringify(content, null, 2)}\n`,
})

const parts: readonly Part[] = [
  {
    about: 'findings.json: what the doctor has found',
    read: ({ examination }) => [json('findings.json', examination)],
  },
  {
    about: 'versions.json: of agentctl, Node and what is in it',
    read: ({ context }) => [json('versions.json', { agentctl: context.version, ...process.versions })],
  },
  { about: 'machine.json: system, processors, memory, load', read: () => [json('machine.json', machine())] },
  {
    about: 'settings.json: every setting, with where it comes from',
    read: ({ settings }) => (settings ? [json('settings.json', settings())] : []),
  },
  {
    about: 'environment.json: variables that agentctl knows',
    read: ({ context }) => [json('environment.json', environment(context))],
  },
  { about: 'serve/status.json: state of every replica of the serve that runs here', read: serveStatus },
  { about: `serve/logs/: the last ${LINES} lines of each of them`, read: serveLogs },
  { about: 'redis/info.txt: what Redis says of itself', read: redisInfo },
  {
    about: 'redis/streams.json: streams and groups of the event bus, without what is in them',
    read: streamReport,
  },
]

/**
 * All files of a bundle; what cannot be had is named in the first. Nothing is masked yet.
 * @param limit milliseconds for each of its parts
 */
export async function collect(subject: Subject, limit = LIMIT): Promise<ArchiveFile[]> {
  const lines: string[] = []
  const files: ArchiveFile[] = []
  for (const { about, read } of parts) {
    try {
      const found = await within(limit, () => read(subject))
      files.push(...found)
      lines.push(found.length > 0 ? `- ${about}` : `- ${about} (there is none)`)
    } catch (error) {
      lines.push(`- ${about} (could not be read: ${messageOf(error)})`)
    }
  }
  const text = [
    `A bundle of agentctl ${subject.context.version} for a report of a bug, made at ${subject.examination.at}.`,
    '',
    ...lines,
    '',
    "Passwords, keys and tokens are replaced by ***. Log lines may hold other things that are nobody's business: look through serve/logs before you pass it on.",
    '',
  ].join('\n')
  return [{ path: 'README.txt', text }, ...files]
}

function machine() {
  return {
    system: `${platform()} ${release()} ${arch()}`,
    distribution: distribution(),
    cpus: cpus().length,
    cpu: cpus()[0]?.model ?? null,
    memory_bytes: totalmem(),
    free_bytes: freemem(),
    load: loadavg(),
    uptime_s: Math.round(uptime()),
  }
}

function distribution(): string | null {
  try {
    return /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? null
  } catch {
    return null
  }
}

/** Those of a secret are only said to be there. */
function environment({ env, schemas }: DoctorContext) {
  const known = new Set([
    ...variablesOf(schemas).flat(),
    'TERM',
    'LANG',
    'LC_ALL',
    'TZ',
    'CI',
    'NO_COLOR',
    'FORCE_COLOR',
    'NODE_OPTIONS',
  ])
  const shown = Object.entries(env).filter(([name]) => known.has(name) || name.startsWith('AGENTCTL_'))
  return Object.fromEntries(
    shown
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([name, value]) => [name, isSecretName(name) ? '***' : value]),
  )
}

async function serveStatus({ context }: Subject): Promise<ArchiveFile[]> {
  const status = await context.serve()
  return status ? [json('serve/status.json', status)] : []
}

async function serveLogs({ context }: Subject): Promise<ArchiveFile[]> {
  if (!runningServe(context.stateDir)) return []
  const byReplica = new Map<string, LogLine[]>()
  for await (const line of connectToServe(context.stateDir, AbortSignal.timeout(LIMIT)).logs({
    lines: ASKED,
    follow: false,
  })) {
    byReplica.set(line.replica, [...(byReplica.get(line.replica) ?? []), line])
  }
  return [...byReplica].map(([replica, lines]) => ({
    path: `serve/logs/${replica.replace(/[^\w.-]/g, '_')}.log`,
    text: lines
      .slice(-LINES)
      .map(({ time, line }) => `${time} ${line}\n`)
      .join(''),
  }))
}

async function redisInfo({ context }: Subject): Promise<ArchiveFile[]> {
  const nodes = await context.nodes()
  if (nodes.length === 0) return []
  return [
    {
      path: 'redis/info.txt',
      text: nodes.map(({ name, text }) => `${name === '' ? '' : `# ${name}\n`}${text}\n`).join('\n'),
    },
  ]
}

async function streamReport({ context }: Subject): Promise<ArchiveFile[]> {
  if (context.redis === undefined) return []
  const streams = await context.streams()
  return [json('redis/streams.json', { streams, report: reportHealth(streams, STUCK_AFTER) })]
}
