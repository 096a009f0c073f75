import { type HttpApp, problemResponses } from '../../platform/http/index.ts'
import { ruleTest, ruleTestBody } from '../messages/rule-test.ts'
import type { RuleTesting } from './rule-test.ts'

/** POST /rules/test. */
export function addRuleTestRoutes(app: HttpApp, { testing }: { testing: RuleTesting }): void {
  app.post(
    '/rules/test',
    {
      schema: {
        operationId: 'testRule',
        tags: ['rules'],
        summary: 'Try rules on events, without writing anything',
        description:
          'With `conditions` or a `rule_id`: whether it matches each event, why, and what it would earn. With neither: what every active campaign would give, and why not.',
        body: ruleTestBody,
        response: { 200: ruleTest, ...problemResponses(400, 404, 413, 415, 422, 503) },
      },
    },
    ({ body }) => testing.test(body),
  )
}
