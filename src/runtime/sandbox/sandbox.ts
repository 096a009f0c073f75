import type { BackendKind, Language, Outcome, OutputName, Task } from './messages.ts'

export interface Probe {
  ok: boolean
  /** Why not, or what is missing. */
  why?: string
  languages: readonly Language[]
}

export interface RunHooks {
  /** Told of output as it comes, never more than the limit. Text is whole characters. */
  onOutput?(name: OutputName, text: string): void
  /** Ends the program; the outcome is then `cancelled`, with the output so far. */
  signal: AbortSignal
}

/** Runs programs that nobody trusts, each in a sandbox of its own that is never used again. */
export interface Sandbox {
  readonly kind: BackendKind
  /** `process`: against mistakes and curiosity, not against tenants who attack each other. */
  readonly isolation: 'container' | 'process'
  /** Programs of a language at once, where that is fewer than the machine has room for. */
  readonly concurrency?: Readonly<Partial<Record<Language, number>>>
  /** Whether programs can be run here now, and in which languages. Never rejects. */
  probe(): Promise<Probe>
  /**
   * Runs a program to its end. What the program does wrong is in the outcome.
   * @throws AgentctlError SANDBOX_FAILED when the sandbox itself failed, SANDBOX_LANGUAGE_MISSING
   */
  run(task: Task, hooks: RunHooks): Promise<Outcome>
  /** Ends and removes what earlier processes left behind; how many there were. */
  reap(): Promise<number>
  /** Ends what runs and releases everything. */
  close(): Promise<void>
}
