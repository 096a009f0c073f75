import { type ConfinedProcess, type DeathWatch, spawnConfined } from '../../platform/process/index.ts'
import type { Language, Limits, Task } from '../messages.ts'
import { dataLimit, denoArguments, denoEnvironment, heapFlags } from './flags.ts'
import type { SandboxFolder } from './folder.ts'

/** Seconds of processor time that loading a runtime may take, on top of the program's own. */
const BOOT_CPU = 15

export interface StarterOptions {
  deno: string
  pyodide: string | undefined
  folder: SandboxFolder
  watch: DeathWatch
}

export interface Starter {
  /** @param readable paths that the program may read; none where it is not ours */
  javascript(task: Task, readable?: readonly string[]): ConfinedProcess
  /** @param snapshot '' for none */
  python(task: Task, snapshot: string): ConfinedProcess
  /** Writes a snapshot of Python's memory to its stdout. */
  snapshot(limits: Limits): ConfinedProcess
  /** Whom programs run as from now on, or undefined for whoever we are. */
  become(user: number | undefined): void
  killAll(): void
}

/** Starts processes of Deno, none of which outlives this process. */
export function createStarter({ deno, pyodide = '', folder, watch }: StarterOptions): Starter {
  const processes = new Set<ConfinedProcess>()
  let user: number | undefined

  function start(
    { language, limits }: { language: Language; limits: Limits },
    script: string,
    readable: readonly string[],
    args: readonly string[],
  ): ConfinedProcess {
    const started = spawnConfined({
      file: deno,
      args: [...denoArguments(script, readable, heapFlags(language, limits)), ...args],
      env: denoEnvironment,
      cwd: folder.empty,
      user,
      cpuSeconds: Math.ceil(limits.cpu_ms / 1_000) + BOOT_CPU,
      dataBytes: dataLimit(language, limits),
    })
    const { pid } = started
    if (pid === 0) return started
    processes.add(started)
    watch.add(pid)
    const gone = () => {
      processes.delete(started)
      watch.remove(pid)
    }
    started.exited.then(gone, gone)
    return started
  }

  function python(limits: Limits, what: 'run' | 'snapshot', snapshot: string, args: readonly string[]) {
    const { bootPython } = folder
    const readable = [pyodide, bootPython, ...(snapshot === '' ? [] : [snapshot])]
    const own = [pyodide, bootPython, what, snapshot, ...args]
    return start({ language: 'python', limits }, folder.python, readable, own)
  }

  return {
    javascript: (task, readable = []) => start(task, folder.javascript, readable, task.args),
    python: ({ limits, args }, snapshot) => python(limits, 'run', snapshot, args),
    snapshot: (limits) => python(limits, 'snapshot', '', []),
    become(next) {
      user = next
    },
    killAll() {
      for (const process of processes) process.kill()
    },
  }
}
