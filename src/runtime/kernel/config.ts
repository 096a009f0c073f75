import { readFileSync } from 'node:fs'
import { homedir, hostname, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { z } from 'zod'
import { kernelError } from './errors.ts'
import { parseJson } from './json.ts'
import type { HeldSocket } from './role.ts'
import { secretVariable } from './secret-file.ts'

export type Source = 'flag' | 'env' | 'file' | 'context' | 'running serve' | 'default'
export type Values = Readonly<Record<string, unknown>>

/** Raw values of every place a setting can come from, strongest first: flags, environment, project file, context, running serve. */
export interface Layers {
  flags?: Values
  env?: Readonly<Record<string, string | undefined>>
  file?: Values
  context?: ContextLayer | undefined
  running?: Values
}

/** A profile of this user. */
export interface ContextLayer {
  name: string
  values: Values
  /** It was named by a flag: it then comes before the environment, as a flag does. */
  asFlag: boolean
}

export interface Resolved<T> {
  values: T
  /** Where each value came from; for the environment, with the variable's name, for a context with its own. */
  sources: Readonly<Record<string, { source: Source; name?: string }>>
}

/**
 * Merges the layers by precedence and validates them against `schema`.
 * @throws AgentctlError CONFIG_INVALID naming the flag, variable or key at fault.
 */
export function resolveConfig<S extends z.ZodObject>(schema: S, layers: Layers): Resolved<z.output<S>> {
  const raw: Record<string, unknown> = {}
  const sources: Record<string, { source: Source; name?: string }> = {}
  for (const [key, field] of Object.entries(schema.shape)) {
    const found = lookUp(key, (field as z.ZodType).meta() ?? {}, layers)
    sources[key] = found?.from ?? { source: 'default' }
    if (found) raw[key] = found.value
  }
  const parsed = schema.safeParse(raw)
  if (parsed.success) return { values: parsed.data as z.output<S>, sources }
  const issue = parsed.error.issues[0]
  const key = String(issue?.path[0] ?? '')
  throw kernelError('CONFIG_INVALID', `${nameOf(key, sources[key])}: ${issue?.message ?? 'invalid'}`, {
    field: key,
  })
}

function lookUp(key: string, { env: variables = [], secret = false }: z.GlobalMeta, layers: Layers) {
  const flag = layers.flags?.[key]
  if (flag !== undefined) return { value: flag, from: { source: 'flag' as const } }
  const { name: context = '', values: profile, asFlag = false } = layers.context ?? {}
  const inContext = profile?.[key]
  const fromContext = { value: inContext, from: { source: 'context' as const, name: context } }
  if (asFlag && inContext !== undefined) return fromContext
  for (const name of variables) {
    const found = secret ? secretVariable(name, layers.env ?? {}) : plainVariable(name, layers.env)
    if (found !== undefined) return { value: found.value, from: { source: 'env' as const, name: found.name } }
  }
  const inFile = layers.file?.[key] ?? undefined // null means: not set
  if (inFile !== undefined) return { value: inFile, from: { source: 'file' as const } }
  if (inContext !== undefined) return fromContext
  const running = layers.running?.[key]
  if (running !== undefined) return { value: running, from: { source: 'running serve' as const } }
  return undefined
}

function plainVariable(name: string, env: Layers['env']) {
  const value = env?.[name]
  return value === undefined || value === '' ? undefined : { value, name }
}

function nameOf(key: string, from?: { source: Source; name?: string }): string {
  if (from?.source === 'env') return `environment variable ${from.name}`
  if (from?.source === 'file') return `"${key}" in ${PROJECT_FILE}`
  if (from?.source === 'context') return `"${key}" of context ${from.name}`
  return `--${kebab(key)}`
}

export const PROJECT_FILE = 'agentctl.json'

/** redisUrl → redis-url */
export function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** The settings of this process: the given flags over environment, project file, context and running serve. */
export function loadConfig<S extends z.ZodObject>(
  schema: S,
  flags: Values,
  running: Values = {},
  context?: ContextLayer,
): Resolved<z.output<S>> {
  const file = readProjectFile(process.cwd())
  return resolveConfig(schema, { flags, env: process.env, file, context, running })
}

/** @throws AgentctlError CONFIG_FILE_INVALID when the file exists and is not a JSON object. */
export function readProjectFile(folder: string): Values {
  const path = join(folder, PROJECT_FILE)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return {}
  }
  try {
    const value = parseJson(text)
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Values
    throw new Error('not a JSON object')
  } catch (cause) {
    throw kernelError('CONFIG_FILE_INVALID', `${path}: ${(cause as Error).message}`, { cause })
  }
}

/** Folders agentctl writes to. All absolute. */
export interface Folders {
  /** Data and run files of this project. */
  state: string
  /** Downloads shared by all projects of this user. */
  cache: string
  /** Unix sockets; short, because their paths may have only about 100 characters. */
  run: string
}

export function folders(stateDir?: string): Folders {
  const env = process.env
  return {
    state: resolve(stateDir ?? (env.AGENTCTL_STATE_DIR || '.agentctl')),
    cache: join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'agentctl'),
    run: join(env.XDG_RUNTIME_DIR || tmpdir(), `agentctl-${process.getuid?.() ?? 0}`),
  }
}

/** Hides the passwords of a URL, also of one that is not quite right. */
export function maskUrl(url: string): string {
  const login = url.includes('://')
    ? url.replace(/(:\/\/[^:@/?]*:).*@/, '$1***@')
    : url.replace(/^.*@/, '***@')
  return login.replace(/([?&][^=&]*password=)[^&]*/gi, '$1***')
}

/**
 * Who this process is: named and numbered by its supervisor, or called after the machine (in a container, after
 * the container) when it runs by itself.
 */
export function replicaIdentity(role: string): { name: string; index?: number; socket?: HeldSocket } {
  const name = process.env.AGENTCTL_REPLICA
  if (!name) return { name: `${role}-${hostname()}` }
  const socket = heldSocket(process.env.AGENTCTL_SOCKET)
  return { name, index: Number(/\d+$/.exec(name)?.[0] ?? 1), ...(socket === undefined ? {} : { socket }) }
}

/** Reads `FD@HOST`, as a supervisor tells its replicas of a port that it holds for them. */
function heldSocket(text: string | undefined): HeldSocket | undefined {
  const [, fd, host] = /^(\d+)@(.+)$/.exec(text ?? '') ?? []
  return fd === undefined || host === undefined ? undefined : { fd: Number(fd), host }
}
