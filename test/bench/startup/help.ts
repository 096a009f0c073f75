import { temporaryFolder } from '../support/folder.ts'
import { timeRun } from '../support/timing.ts'
import { BIN } from './bin.ts'

export interface HelpTimes {
  /** Milliseconds of each run of `agentctl --help`. */
  help: number[]
  /** The same for `node -e 0`: what Node itself takes. */
  bare: number[]
}

const WARM_UPS = 3

/** Runs both in turn, so that whatever else the machine does meets them alike. */
export async function timeHelp(runs: number): Promise<HelpTimes> {
  const cwd = temporaryFolder()
  const times: HelpTimes = { help: [], bare: [] }
  for (let i = 0; i < WARM_UPS + runs; i++) {
    const bare = await timeRun(['-e', '0'], cwd)
    const help = await timeRun([BIN, '--help'], cwd)
    if (i < WARM_UPS) continue
    times.bare.push(bare)
    times.help.push(help)
  }
  return times
}
