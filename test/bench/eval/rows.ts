import { openDatabase, sql } from '../../../src/runtime/platform/sql/index.ts'
import { now, sleep } from '../support/clock.ts'
import { load } from '../support/http-load.ts'
import { quietLog } from '../support/log.ts'
import { HELLO } from './programs.ts'
import type { Starter } from './system.ts'

export const submissions = (origin: string) => ({
  origin,
  path: '/api/eval',
  headers: {},
  body: () => JSON.stringify({ code: HELLO.python }),
})

/** Rows a second that storage writes, of evaluations that were submitted while it was away. */
export async function measureRows(starter: Starter, databaseUrl: string, rows: number): Promise<number> {
  const gateway = await starter.gateway()
  const database = openDatabase({ url: databaseUrl, name: 'bench', max: 1, log: quietLog() })
  const count = async () => {
    const { rows: found } = await sql<{ n: number }>`SELECT count(*)::int AS n FROM evaluations`
      .execute(database.db)
      .catch(() => ({ rows: [{ n: 0 }] }))
    return found[0]?.n ?? 0
  }
  try {
    const before = await count()
    let sent = 0
    while (sent < rows) sent += (await load(submissions(gateway.url), 20, 2)).requests
    const storage = await starter.storage()
    while ((await count()) === before) await sleep(5)
    const [began, from] = [now(), await count()]
    while ((await count()) < before + sent) await sleep(10)
    const rate = ((before + sent - from) * 1_000) / (now() - began)
    await storage.stop()
    return rate
  } finally {
    await database.close()
    await gateway.stop()
  }
}
