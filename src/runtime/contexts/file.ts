import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../kernel/index.ts'
import { contextsError } from './errors.ts'
import { CONTEXT_KEYS, type ContextValues, isContextName } from './values.ts'

/** Every context there is, and which one commands use that are not told otherwise; null: what runs here. */
export interface ContextFile {
  current: string | null
  contexts: Readonly<Record<string, ContextValues>>
}

const values = z.strictObject(
  Object.fromEntries(CONTEXT_KEYS.map((key) => [key, z.string().min(1).optional()])),
)

const form = z.strictObject({
  current: z.string().nullable().default(null),
  contexts: z.record(z.string().refine(isContextName, 'no name for a context'), values).default({}),
})

/** `$XDG_CONFIG_HOME/agentctl/contexts.json`, or below ~/.config. */
export function contextsPath(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'agentctl', 'contexts.json')
}

/**
 * What the file holds; without a file, nothing.
 * @throws AgentctlError CONTEXT_FILE_INVALID
 */
export function readContexts(path = contextsPath()): ContextFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { current: null, contexts: {} }
    throw contextsError('CONTEXT_FILE_INVALID', messageOf(cause), { cause })
  }
  try {
    const parsed = form.safeParse(JSON.parse(text))
    if (parsed.success) return parsed.data as ContextFile
    const [issue] = parsed.error.issues
    throw new Error(`${issue?.path.join('.') || 'file'}: ${issue?.message}`)
  } catch (cause) {
    throw contextsError('CONTEXT_FILE_INVALID', `${path}: ${messageOf(cause)}`, { cause })
  }
}

/** In one step, for this user alone: whoever reads it meanwhile sees the one before. */
export function writeContexts(content: ContextFile, path = contextsPath()): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}.new`
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, path)
}

/** Whether others than this user may read the file. */
export function isOpenToOthers(path = contextsPath()): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && (found.mode & 0o077) !== 0
}
