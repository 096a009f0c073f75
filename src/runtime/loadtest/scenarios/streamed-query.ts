import type { WireClient, WireRequest } from '../../platform/wire/index.ts'
import type { Operation } from '../scenario.ts'
import { jsonOf } from './answer-reader.ts'
import { causeOfProblem } from './causes.ts'
import { createEnding, EARLY } from './ending.ts'
import { sendForEvents } from './event-exchange.ts'
import type { StreamedEvent } from './event-reader.ts'
import { recordSplit } from './query-split.ts'

/** Questions whose answers are read as they are written. */
export function createStreamedQuery(client: Pick<WireClient, 'send'>) {
  return {
    begin(operation: Operation, request: WireRequest, deadline: number | undefined): void {
      const ending = createEnding(operation)
      let tokenAt: number | undefined
      let complete = false

      function onToken(at: number): void {
        operation.count('tokens', 1)
        if (tokenAt === undefined) operation.record('first_token', at - operation.due)
        else operation.record('gap', at - tokenAt)
        tokenAt = at
      }

      function onEvent({ event, data, at }: StreamedEvent) {
        if (event === 'error') return ending.fail(causeOfProblem(data))
        if (event !== undefined) return
        if (data === '[DONE]') return complete ? ending.succeed(at) : ending.fail(EARLY)
        const part = jsonOf(data)?.message as Record<string, unknown> | undefined
        if (part?.type === 'token' && part.text !== '') onToken(at)
        if (part?.type === 'restart') operation.count('restarts', 1)
        if (part?.type !== 'result') return
        complete = true
        recordSplit(operation, part)
      }

      ending.of(sendForEvents(client, request, { onEvent, onOver: ending.over }, deadline))
    },
  }
}
