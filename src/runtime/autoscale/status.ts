/** How one role is scaled, as `ps --json` shows it. Times are ISO 8601. */
export interface AutoscaleStatus {
  role: string
  min: number
  max: number
  /** False while a number that was given by hand stands. */
  active: boolean
  /** How many there should be now. */
  replicas: number
  /** What the last look came to. */
  reason: string
  /** Of the last look; null before the first. */
  looked_at: string | null
  /** The last change; null while there was none. */
  last: { at: string; from: number; to: number; reason: string } | null
}
