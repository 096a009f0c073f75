/** How a replica's crashes so far decide when it is started again. */
export interface RestartState {
  /** Crashes since it was last healthy for a while. */
  crashes: number
}

export interface Restart {
  state: RestartState
  /** Milliseconds to wait. */
  delay: number
  crashloop: boolean
}

const FIRST_DELAY = 500
const LONGEST_DELAY = 30_000
/** Milliseconds of health after which earlier crashes are forgotten. */
const HEALTHY_AFTER = 60_000
const CRASHLOOP_AFTER = 5

export const noCrashes: RestartState = { crashes: 0 }

/**
 * Decides on a restart after a crash: half a second, doubled up to 30 s, with up to a quarter of jitter.
 * @param uptime milliseconds from ready to the crash, 0 when it never became ready
 * @param random a number from 0 to 1
 */
export function afterCrash(state: RestartState, uptime: number, random: number): Restart {
  const crashes = uptime >= HEALTHY_AFTER ? 1 : state.crashes + 1
  const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (crashes - 1))
  return {
    state: { crashes },
    delay: Math.round(delay * (1 - random / 4)),
    crashloop: crashes >= CRASHLOOP_AFTER,
  }
}
