import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { messageOf, parseJson } from '../kernel/index.ts'
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
    const parsed = form.safeParse(parseJson(text))
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

/** How often a file that somebody else is changing is looked at, and after how long whoever does that must have died; milliseconds. */
const [LOOK, DEAD] = [10, 10_000]

/**
 * Reads, changes and writes the file; of several that do so at the same time one after the other, so that no change is lost.
 * @throws AgentctlError CONTEXT_FILE_INVALID, and what `change` throws
 */
export function changeContexts(change: (file: ContextFile) => ContextFile, path = contextsPath()): void {
  const lock = `${path}.lock`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    while (!take(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK)
  } catch (cause) {
    throw contextsError('CONTEXT_FILE_INVALID', messageOf(cause), { cause })
  }
  try {
    writeContexts(change(readContexts(path)), path)
  } finally {
    rmSync(lock, { force: true })
  }
}

function take(lock: string): boolean {
  try {
    writeFileSync(lock, '', { flag: 'wx', mode: 0o600 })
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    const taken = statSync(lock, { throwIfNoEntry: false })
    if (taken !== undefined && Date.now() - taken.mtimeMs > DEAD) rmSync(lock, { force: true })
    return false
  }
}

/** Whether others than this user may read the file. */
export function isOpenToOthers(path = contextsPath()): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && (found.mode & 0o077) !== 0
}
