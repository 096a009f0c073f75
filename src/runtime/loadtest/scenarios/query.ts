import { createWireClient, prepareRequest, type WireRequest } from '../../platform/wire/index.ts'
import type { Operation, Scenario, ScenarioContext } from '../scenario.ts'
import { jsonOf, readAnswer } from './answer-reader.ts'
import { causeOfStatus } from './causes.ts'
import { checkOptions, queryOptions } from './options.ts'
import { ownId } from './own-id.ts'
import { recordSplit, SPLIT } from './query-split.ts'
import { createStreamedQuery } from './streamed-query.ts'

/**
 * Questions to the documents: `POST /query`. Well ended is an answer (200) that says something. With the option `stream` it is
 * read as it is written, which is a success only when it ends as it should.
 */
export const scenario: Scenario = {
  name: 'query',
  series: [
    { name: 'latency', title: 'Answer' },
    { name: 'first_token', title: 'First token' },
    { name: 'gap', title: 'Gap between tokens' },
    ...SPLIT,
  ],
  counters: ['tokens', 'restarts', 'cached_embedding', 'cached_retrieval', 'cached_answer'],
  async open(context) {
    const options = checkOptions(queryOptions, context.options)
    const client = createWireClient({ origin: context.target, connections: context.connections })
    const requestOf = requests(context, options)
    const streamed = createStreamedQuery(client)
    return {
      begin(operation) {
        const deadline = context.timeout === 0 ? undefined : operation.due + context.timeout
        const request = requestOf(operation.index)
        if (options.stream) streamed.begin(operation, request, deadline)
        else client.send(request, readAnswer(answered(operation), operation.fail), deadline)
      },
      close: () => client.close(),
    }
  },
}

function answered(operation: Operation) {
  return ({ status, body, at }: { status: number; body: string; at: number }) => {
    if (status !== 200) return operation.fail(causeOfStatus(status, body))
    const answer = jsonOf(body)
    if (typeof answer?.answer !== 'string' || answer.answer === '')
      return operation.fail('no answer in the body')
    recordSplit(operation, answer)
    operation.succeed(at)
  }
}

/** Each question once, unless they are to be repeated: caches would answer everything but the first. */
function requests(
  { target, headers }: ScenarioContext,
  { query: texts, repeat, stream, user, topK }: ReturnType<typeof checkOptions<typeof queryOptions>>,
): (index: number) => WireRequest {
  const own = ownId()
  const more = { ...(user === undefined ? {} : { user }), ...(topK === undefined ? {} : { top_k: topK }) }
  const make = (query: string) =>
    prepareRequest(target, {
      method: 'POST',
      path: stream ? '/query?stream=1' : '/query',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, ...more }),
    })
  const ready = texts.map(make)
  return (index) => {
    const turn = index % texts.length
    return repeat ? (ready[turn] as WireRequest) : make(`${texts[turn]} (${own}-${index})`)
  }
}
