import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { access, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ConfinedProcess } from '../../platform/process/index.ts'
import { sandboxError } from '../errors.ts'

/** Milliseconds that making one may take, on a busy machine. */
const LIMIT = 60_000
/** Enough to hold Python; anything smaller is the start of an error message or of a snapshot that was cut off. */
const LEAST_BYTES = 4 * 1024 * 1024

export interface SnapshotOptions {
  root: string
  /** Folder on the same disk for one that is not finished. */
  drafts: string
  /** Folder of Pyodide. */
  pyodide: string
  /** Our Python, which is part of it. */
  bootPython: string
  /** Starts a process that writes a snapshot to its stdout. */
  spawn(): ConfinedProcess
}

/**
 * Path of the snapshot of Python's memory for this version of Pyodide, which is made if there is none yet: from it Python is
 * there in a fifth of the time. Two processes may make it at once; the last one's stays.
 * @throws AgentctlError SANDBOX_FAILED when it cannot be made
 */
export async function ensureSnapshot(options: SnapshotOptions): Promise<string> {
  const { root, drafts, pyodide, bootPython, spawn } = options
  const path = join(root, `python-${await keyOf(pyodide, bootPython)}.snapshot`)
  if (await exists(path)) return path
  const draft = join(drafts, `${randomBytes(4).toString('hex')}.snapshot`)
  try {
    await write(spawn(), draft)
    await rename(draft, path)
    return path
  } catch (cause) {
    await rm(draft, { force: true })
    throw sandboxError('SANDBOX_FAILED', 'no snapshot of Python could be made', { cause })
  }
}

async function keyOf(pyodide: string, bootPython: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(pyodide, 'package.json'), 'utf8')) as { version: string }
  const digest = createHash('sha256')
    .update(version)
    .update(await readFile(bootPython))
    .digest('hex')
  return `${version}-${digest.slice(0, 12)}`
}

async function write(process: ConfinedProcess, path: string): Promise<void> {
  const timer = setTimeout(() => process.kill(), LIMIT)
  const errors: Buffer[] = []
  process.stderr.on('data', (bytes: Buffer) => errors.push(bytes))
  process.stdin.end()
  const file = createWriteStream(path, { mode: 0o644 })
  try {
    await pipeline(process.stdout, file)
    const { code } = await process.exited
    if (code === 0 && file.bytesWritten >= LEAST_BYTES) return
    throw new Error(Buffer.concat(errors).toString().trim() || `Deno ended with ${code}`)
  } finally {
    clearTimeout(timer)
    process.kill()
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
