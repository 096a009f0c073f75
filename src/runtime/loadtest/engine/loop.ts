/** Decides when operations begin. */
export interface Loop {
  start(): void
  /** An operation has ended. */
  onEnd(): void
  /** Begins nothing any more. */
  stop(): void
}
