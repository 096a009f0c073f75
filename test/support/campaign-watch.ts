import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import { type Kysely, openDatabase, sql } from '../../src/runtime/platform/sql/index.ts'

export interface BudgetWatch {
  /** Ends it; tells how often the books were looked at, and what was wrong in them. */
  end(): Promise<{ looks: number; wrong: unknown[] }>
}

/**
 * Looks at the budgets all the time while they are used: in every snapshot of the database what is spent is within the budget,
 * and is what was earned. While the database is away there is nothing to see.
 */
export function watchBudgets(url: string, every: number): BudgetWatch {
  const database = openDatabase({ url, name: 'watch', max: 1, log: pino({ level: 'silent' }) })
  const stopping = new AbortController()
  const wrong: unknown[] = []
  let looks = 0
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const found = await look(database.db).catch(() => undefined)
      if (found) {
        looks += 1
        wrong.push(...found)
      }
      await pause(every)
    }
    await database.close()
  })()
  return {
    async end() {
      stopping.abort()
      await watching
      return { looks, wrong }
    },
  }
}

async function look(db: Kysely<unknown>): Promise<unknown[]> {
  const { rows: campaigns } = await sql`
    SELECT c.campaign_id, c.spent, c.budget, e.sum FROM campaigns c CROSS JOIN LATERAL
      (SELECT coalesce(sum(amount), 0) AS sum FROM earnings WHERE campaign_id = c.campaign_id) e
    WHERE c.budget IS NOT NULL AND (c.spent > c.budget OR c.spent <> e.sum)`.execute(db)
  const { rows: users } = await sql`
    SELECT s.*, c.budget_per_user, e.sum FROM campaign_spending s JOIN campaigns c USING (campaign_id) LEFT JOIN
      (SELECT campaign_id, coalesce(user_id, '') AS user_id, sum(amount) AS sum FROM earnings GROUP BY 1, 2) e
      ON e.campaign_id = s.campaign_id AND e.user_id = s.user_id
    WHERE c.budget_per_user IS NOT NULL AND (s.spent > c.budget_per_user OR s.spent <> coalesce(e.sum, 0))`.execute(
    db,
  )
  return [...campaigns, ...users]
}
