import type { Authority } from '../backend.ts'

/** The time for which one leads. */
export interface Term extends Authority {
  /** Throws once it is over, also when the timer that ends it is late because this process was stopped. */
  check(): void
}
