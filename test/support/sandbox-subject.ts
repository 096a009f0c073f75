import {
  type Language,
  type Outcome,
  type OutputName,
  type Sandbox,
  type Task,
  task as taskSchema,
} from '../../src/runtime/sandbox/index.ts'

/** A sandbox that a suite has opened for itself. */
export interface SandboxSubject {
  sandbox: Sandbox
  /** How many programs, of this sandbox or of others like it, exist on the host now. */
  programsLeft(): Promise<number>
  close(): Promise<void>
}

export interface RunOptions extends Partial<Omit<Task, 'limits' | 'language' | 'code'>> {
  limits?: Partial<Task['limits']>
  onOutput?: (name: OutputName, text: string) => void
  signal?: AbortSignal
}

let runs = 0

/** Runs a program with the defaults for all that is not said. */
export async function runIn(
  sandbox: Sandbox,
  language: Language,
  code: string,
  { onOutput, signal = new AbortController().signal, ...more }: RunOptions = {},
): Promise<Outcome> {
  const task = taskSchema.parse({ eval_id: `contract-${++runs}`, attempt: 1, language, code, ...more })
  return sandbox.run(task, { signal, ...(onOutput ? { onOutput } : {}) })
}
