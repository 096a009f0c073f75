import { openTerminal } from '../../support/terminal.ts'
import { BIN } from '../startup/bin.ts'
import { now, sleep } from '../support/clock.ts'
import { temporaryFolder } from '../support/folder.ts'
import type { PrivateRedis } from '../support/redis.ts'
import { callsBetween, countCalls } from './commands.ts'
import { cpuUsedBelow } from './processor.ts'

export interface ScreenResult {
  /** Share of a core that dash has used. */
  dash: number
  /** Share of a core that Redis has used, with traffic alone and with dash as well. */
  redisAlone: number
  redisWith: number
  /** Calls a second while dash ran: those of traffic are among them. */
  calls: [command: string, perSecond: number][]
  /** Calls of KEYS; there must be none. */
  keys: number
}

/** Until the first screens are drawn and everything is compiled. */
const WARM_UP = 10_000

/** Runs `agentctl dash` as a user does, on a terminal of 120 columns and 40 rows. */
export async function measureScreen(redis: PrivateRedis, seconds: number): Promise<ScreenResult> {
  const redisAlone = await shareOf(() => redis.cpuUsed(), seconds)
  const folder = temporaryFolder()
  const terminal = openTerminal({
    file: process.execPath,
    args: [BIN, 'dash', '--redis-url', redis.url, '--pane', 'groups'],
    env: {
      REDIS_URL: undefined,
      AGENTCTL_REDIS_URL: undefined,
      XDG_CONFIG_HOME: folder,
      XDG_STATE_HOME: folder,
    },
    cols: 120,
    rows: 40,
    cwd: folder,
  })
  try {
    await terminal.until('group-', 30_000)
    await sleep(WARM_UP)
    const [from, before] = [now(), await countCalls(redis.admin)]
    const [dash, redisWith] = await Promise.all([
      shareOf(async () => cpuUsedBelow(terminal.pid), seconds),
      shareOf(() => redis.cpuUsed(), seconds),
    ])
    const calls = callsBetween(before, await countCalls(redis.admin))
    const passed = (now() - from) / 1_000
    return {
      ...{ dash, redisAlone, redisWith },
      calls: calls.map(([name, count]) => [name, count / passed]),
      keys: calls.find(([name]) => name === 'keys')?.[1] ?? 0,
    }
  } finally {
    await terminal.close()
  }
}

async function shareOf(used: () => Promise<number>, seconds: number): Promise<number> {
  const [from, before] = [now(), await used()]
  await sleep(seconds * 1_000)
  return ((await used()) - before) / (now() - from)
}
