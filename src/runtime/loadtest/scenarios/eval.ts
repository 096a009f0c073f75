import { createWireClient, prepareRequest } from '../../platform/wire/index.ts'
import type { Operation, Scenario } from '../scenario.ts'
import { type Answer, jsonOf, readAnswer } from './answer-reader.ts'
import { causeOfStatus } from './causes.ts'
import { createEvaluationNews } from './evaluation-news.ts'
import { checkOptions, evalOptions } from './options.ts'

/**
 * Evaluations: `POST /api/eval`, then their end, which comes as an event: nothing is polled. The events are followed from before the
 * first submission, over three connections for all of them. An evaluation that fails is a failure, however quickly it did.
 */
export const scenario: Scenario = {
  name: 'eval',
  series: [
    { name: 'latency', title: 'Submission to end' },
    { name: 'submit', title: 'Submission' },
    { name: 'program', title: 'Program, as the server tells' },
  ],
  counters: ['looked_up'],
  async open(context) {
    const { target, timeout, headers } = context
    const body = JSON.stringify(checkOptions(evalOptions, context.options))
    const request = prepareRequest(target, {
      method: 'POST',
      path: '/api/eval',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
    const news = await createEvaluationNews(context)
    const client = createWireClient({ origin: target, connections: context.connections })

    function begin(operation: Operation): void {
      const submitted = news.expect()
      const onAnswer = ({ status, body, at }: Answer) => {
        const id = status === 202 ? jsonOf(body)?.eval_id : undefined
        if (typeof id !== 'string') {
          submitted(undefined)
          return operation.fail(status === 202 ? 'no id in the answer' : causeOfStatus(status, body))
        }
        operation.record('submit', at - operation.due)
        submitted({ id, operation })
      }
      const onError = (cause: string): void => {
        submitted(undefined)
        operation.fail(cause)
      }
      const deadline = timeout === 0 ? undefined : operation.due + timeout
      client.send(request, readAnswer(onAnswer, onError), deadline)
    }

    return {
      begin,
      async close() {
        await Promise.all([client.close(), news.close()])
      },
    }
  },
}
