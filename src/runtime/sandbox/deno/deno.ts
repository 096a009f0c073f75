import { rm } from 'node:fs/promises'
import { type Logger, messageOf } from '../../kernel/index.ts'
import { startDeathWatch } from '../../platform/process/index.ts'
import { sandboxError } from '../errors.ts'
import { limits, type Outcome, type Task, task as taskSchema } from '../messages.ts'
import { createPlaces } from '../places.ts'
import type { Probe, RunHooks, Sandbox } from '../sandbox.ts'
import { openFolder, reapFolders } from './folder.ts'
import { runProgram } from './program.ts'
import { ensureSnapshot } from './snapshot.ts'
import { createStarter } from './starter.ts'

export interface DenoSandboxOptions {
  /** Path of the program. */
  deno: string
  /** Folder of the package; without it there is no Python. */
  pyodide?: string | undefined
  /** Folder for snapshots and boot files, which only this user can write to. Made if it is not there. */
  root: string
  /** Python programs at once, 1 if not given: each takes about 200 MB before it has begun. */
  pythonConcurrency?: number
  log: Logger
}

/** User and group that programs run as when we are root: one that owns nothing. `nobody` does: the embedded PostgreSQL is its. */
const NOBODY = 65_533

/** What the system, its tools and Deno say when a user may not reach a file. */
const FORBIDDEN = /permission denied|EACCES/i

const isForbidden = (error: unknown): boolean =>
  FORBIDDEN.test(messageOf(error)) || (error instanceof Error && isForbidden(error.cause ?? ''))

const neverStarted: Outcome = {
  status: 'cancelled',
  exit_code: null,
  signal: null,
  stdout: '',
  stderr: '',
  truncated: false,
  oom_seen: false,
  duration_ms: 0,
  backend: 'deno',
}

/**
 * Runs each program in a process of Deno of its own: JavaScript and TypeScript as they are, Python in Pyodide. What keeps it
 * from the host are Deno's permissions and, where we are root, a user that owns nothing. Linux only.
 * @throws AgentctlError SANDBOX_FAILED when the folder cannot be used
 */
export async function createDenoSandbox(options: DenoSandboxOptions): Promise<Sandbox> {
  const { deno, pyodide, root, pythonConcurrency = 1, log } = options
  const folder = await openFolder(root)
  const watch = startDeathWatch(folder.path) // it removes the folder in the end
  const starter = createStarter({ deno, pyodide, folder, watch })
  const places = createPlaces(pythonConcurrency)
  const running = new Set<Promise<unknown>>()
  let snapshot: Promise<string> | undefined
  let checked: Promise<void> | undefined
  let closing: Promise<void> | undefined

  /** Made once; '' when there can be none. */
  function snapshotIn(folderOfPyodide: string): Promise<string> {
    snapshot ??= ensureSnapshot({
      root,
      drafts: folder.path,
      pyodide: folderOfPyodide,
      bootPython: folder.bootPython,
      spawn: () => starter.snapshot(limits.parse({})),
    }).catch((err) => {
      if (closing === undefined) log.warn({ err }, 'Python starts slowly: there is no snapshot of it')
      return ''
    })
    return snapshot
  }

  async function runPython(task: Task, hooks: RunHooks): Promise<Outcome> {
    if (pyodide === undefined) {
      throw sandboxError('SANDBOX_LANGUAGE_MISSING', 'Pyodide is not installed: there is no Python')
    }
    const leave = await places.enter(hooks.signal)
    if (leave === undefined) return neverStarted
    try {
      const from = await snapshotIn(pyodide)
      if (closing !== undefined) return neverStarted
      return await runProgram(starter.python(task, from), task, hooks).catch((error) => {
        if (from === '' || closing !== undefined) throw error
        return runPlain(task, hooks, from, error)
      })
    } finally {
      leave()
    }
  }

  /** For when the snapshot turns out to be of no use: the next executor makes another one. */
  async function runPlain(task: Task, hooks: RunHooks, broken: string, err: unknown): Promise<Outcome> {
    log.warn({ err }, 'Python could not be started from its snapshot, and starts slowly now')
    snapshot = Promise.resolve('')
    await rm(broken, { force: true })
    return runProgram(starter.python(task, ''), task, hooks)
  }

  async function runTask(task: Task, hooks: RunHooks): Promise<Outcome> {
    await check()
    if (hooks.signal.aborted) return neverStarted
    if (task.language === 'python') return runPython(task, hooks)
    return runProgram(starter.javascript(task), task, hooks)
  }

  /** Runs a first program, and finds out whether it can be another user's. Done until it succeeds. */
  function check(): Promise<void> {
    checked ??= firstRun().catch((error) => {
      checked = undefined
      throw error
    })
    return checked
  }

  async function firstRun(): Promise<void> {
    if (process.getuid?.() !== 0) return hello()
    starter.become(NOBODY)
    try {
      await hello()
    } catch (err) {
      // A machine that is busy at the moment is no reason to run programs as root from now on.
      if (!isForbidden(err)) return hello()
      starter.become(undefined)
      await hello()
      log.warn(
        { reason: messageOf(err) },
        'programs run as root, with the permissions of Deno alone: another user cannot read it in this folder',
      )
    }
  }

  async function hello(): Promise<void> {
    const readable = pyodide === undefined ? [] : [`${pyodide}/package.json`]
    const code = `for (const path of ${JSON.stringify(readable)}) Deno.readTextFileSync(path)`
    const task = taskSchema.parse({ eval_id: 'hello', attempt: 1, language: 'javascript', code })
    const { signal } = new AbortController()
    const { status, stderr } = await runProgram(starter.javascript(task, readable), task, { signal })
    if (status !== 'completed') throw sandboxError('SANDBOX_FAILED', `Deno does not work here: ${stderr}`)
  }

  async function probe(): Promise<Probe> {
    try {
      await check()
    } catch (error) {
      return { ok: false, why: messageOf(error), languages: [] }
    }
    const all = ['python', 'javascript', 'typescript'] as const
    if (pyodide !== undefined) {
      void snapshotIn(pyodide) // so that the first program need not wait for it
      return { ok: true, languages: all }
    }
    return { ok: true, why: 'there is no Python: pyodide is not installed', languages: all.slice(1) }
  }

  async function close(): Promise<void> {
    places.close()
    starter.killAll()
    await Promise.allSettled([...running, snapshot, checked])
    await watch.close()
  }

  return {
    kind: 'deno',
    isolation: 'process',
    concurrency: { python: pythonConcurrency },
    probe,
    async run(task, hooks) {
      if (closing !== undefined) throw sandboxError('SANDBOX_FAILED', 'the sandbox is closed')
      if (hooks.signal.aborted) return neverStarted
      const work = runTask(task, hooks)
      running.add(work)
      try {
        return await work
      } finally {
        running.delete(work)
      }
    },
    reap: () => reapFolders(root),
    close() {
      closing ??= close()
      return closing
    },
  }
}
