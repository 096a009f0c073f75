import type { EvaluationClient } from '../../runtime/evaluation/client.ts'
import type { EvaluationEntry, Status } from '../../runtime/evaluation/messages.ts'

const PAGE = 500

/** The newest, page by page. */
export async function listEvaluations(
  client: Pick<EvaluationClient, 'list'>,
  count: number,
  status?: Status,
): Promise<EvaluationEntry[]> {
  const found: EvaluationEntry[] = []
  for (let after: string | undefined; found.length < count; ) {
    const page = await client.list({
      limit: Math.min(PAGE, count - found.length),
      ...(status === undefined ? {} : { status }),
      ...(after === undefined ? {} : { after }),
    })
    found.push(...page.evaluations)
    if (page.next === undefined) break
    after = page.next
  }
  return found
}
